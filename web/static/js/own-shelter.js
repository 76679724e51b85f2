/* The scripts of a shelter's own page, in this order. The server puts them into one answer: a phone asks once, for less. */
import "strip.js";
import "sheets.js";
import "outbox.js";
import "staff.js";
import "offline.js";
import "sound.js";
import "bell.js";
