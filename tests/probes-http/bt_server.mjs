// Starts bittorrent-tracker (HTTP, WebSocket and UDP) on a free port and says which:
//   node bt_server.mjs FOLDER [--refuse]
// One line of JSON on standard output when it listens; ends when standard input does. Only the server is
// loaded: the package's own command also loads a WebRTC client, which needs a compiled library.
import { pathToFileURL } from 'node:url'
import path from 'node:path'

const server_file = path.join(path.resolve(process.argv[2]), 'node_modules/bittorrent-tracker/server.js')
const { default: Server } = await import(pathToFileURL(server_file))
const refuse = process.argv.includes('--refuse')

const server = new Server({
  udp: true,
  http: true,
  ws: true,
  stats: false,
  filter: refuse ? (hash, params, done) => done(new Error('disallowed torrent')) : undefined
})
server.on('warning', () => {})
server.on('error', error => { console.error(error.message); process.exit(1) })
server.on('listening', () => {
  console.log(JSON.stringify({ http: server.http.address().port, udp: server.udp.address().port, udp6: server.udp6.address().port }))
})
process.stdin.on('end', () => process.exit(0)).resume()
server.listen(0)
