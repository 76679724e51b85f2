/* The scripts of the search, in this order. The server puts them into one answer: a phone asks once, for less. */
import "strip.js";
import "search.js";
import "sound.js";
import "alerts.js";
import "push.js";
import "kept.js";
