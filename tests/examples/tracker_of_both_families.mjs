// bittorrent-tracker over UDP and HTTP, IPv4 and IPv6, on one port: node tracker_of_both_families.mjs FOLDER PORT
// Says "listening" when it does; ends when standard input does.
import { pathToFileURL } from 'node:url'
import path from 'node:path'

const [folder, port] = process.argv.slice(2)
const { default: Server } = await import(pathToFileURL(path.join(folder, 'node_modules/bittorrent-tracker/server.js')))
const server = new Server({ udp: true, http: true, ws: false, stats: false })
server.on('warning', () => {})
server.on('error', error => { console.error(error.message); process.exit(1) })
server.on('listening', () => console.log('listening'))
process.stdin.on('end', () => process.exit(0)).resume()
server.listen(Number(port))
