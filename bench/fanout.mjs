// The fan-out of node's `ws`, for bench/fanout.py: node fanout.mjs MESSAGE_BYTES, with `ws` installed beside this file.
//
// Prints its port; at a line on standard input it prints the moment (monotonic seconds) and its CPU so far (seconds), and sends
// one text message to all, in the way that the manual of `ws` shows.
import { WebSocketServer } from "ws";

const text = "x".repeat(Number(process.argv[2]));
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, backlog: 4096, perMessageDeflate: false });
server.on("listening", () => console.log(server.address().port));
process.stdin.on("data", () => {
  const { user, system } = process.cpuUsage();
  console.log(`${Number(process.hrtime.bigint()) / 1e9} ${(user + system) / 1e6}`);
  for (const viewer of server.clients) viewer.send(text);
});
process.stdin.on("end", () => process.exit(0));
