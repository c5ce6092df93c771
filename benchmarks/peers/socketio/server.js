// socket.io with its Redis adapter, as the documentation of the adapter shows it.
const { createServer } = require("node:http");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");
const { Server } = require("socket.io");

async function main() {
  const publisher = createClient({ url: process.env.REDIS_URL });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);

  const server = createServer((request, response) => response.end());
  const io = new Server(server, {
    transports: ["websocket"],
    adapter: createAdapter(publisher, subscriber),
  });
  io.on("connection", (socket) => {
    socket.join("room");
    socket.on("send", (data) => io.to("room").emit("text_message", data));
  });
  server.listen(Number(process.argv[2]), "127.0.0.1");
}

main();
