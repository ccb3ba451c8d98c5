/** Loaded before a Node peer: whatever it is told to listen on, it listens on this machine's own address only. */
const { Server } = require("node:net");

const listen = Server.prototype.listen;
Server.prototype.listen = function (...args) {
  const [first, second] = args;
  if (typeof first === "number") {
    const rest = typeof second === "string" || second === undefined || second === null ? args.slice(2) : args.slice(1);
    return listen.call(this, first, "127.0.0.1", ...rest);
  }
  if (typeof first === "object" && first !== null && typeof first.port === "number")
    return listen.call(this, { ...first, host: "127.0.0.1" }, ...args.slice(1));
  return listen.apply(this, args);
};
