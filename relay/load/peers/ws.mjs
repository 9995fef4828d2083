// Hands every message to everybody else of the room that the path names: the least that can be made of the npm package `ws`.
// PEERS names the folder in which `ws` is installed. Prints the port it listens on.
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(`${process.env.PEERS}/`)('ws');
const rooms = new Map();

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, maxPayload: 1 << 20 });
server.on('listening', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
server.on('connection', (socket, request) => {
    const room = rooms.get(request.url) ?? new Set();
    rooms.set(request.url, room);
    room.add(socket);
    socket.on('message', (data, isBinary) => {
        for (const other of room) {
            if (other !== socket && other.readyState === other.OPEN) {
                other.send(data, { binary: isBinary });
            }
        }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
        room.delete(socket);
        if (room.size === 0) {
            rooms.delete(request.url);
        }
    });
});
