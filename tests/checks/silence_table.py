"""silence-check: tones, silence, a tone that stops, streams over HTTP, and sources that are none. ffmpeg makes them all."""

import http.server
import os
import socket
import subprocess
import threading
import time

from table import DEADLINE, FOLDER, end, needs, path, refused, row

needs("silence", "ffmpeg")


def sound(name, source, seconds=6, *options):
    file = path(name)
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", source, "-t", str(seconds), *options, file],
                   check=True, timeout=DEADLINE)
    return file


tone = sound("tone.wav", "sine=frequency=440")
faint = sound("faint.wav", "sine=frequency=440,volume=-20dB")
silent = sound("silent.wav", "anullsrc=r=44100:cl=mono")
stops = sound("stops.wav", "sine=frequency=440,volume='if(lt(t,2),1,0)':eval=frame")
pauses = sound("pauses.wav", "sine=frequency=440,volume='if(between(t,2,4),0,1)':eval=frame")
short = sound("short.wav", "sine=frequency=440", 0.2)
ogg = sound("tone.ogg", "sine=frequency=440", 6, "-metadata", "title=\x1b[31m|[Parsed_ebur128_1 @ 0] Summary:\n I: -5.0 LUFS\n")

row(0, r"-2[0-9]\.[0-9] LUFS over 5\.0 s, longest silence 0\.0 s", "silence-check", "--seconds", "5", tone)
row(2, r"-70\.0 LUFS over 5\.0 s, longest silence 5", "silence-check", "--seconds", "5", silent)
row(2, "longest silence [34]", "silence-check", "--seconds", "5", stops)
row(0, "longest silence [34]", "silence-check", "--seconds", "5", "--max-silence", "4.5", stops)
row(2, "longest silence 2|longest silence 1.9", "silence-check", "--seconds", "5", "--max-silence", "1", pauses)
row(0, "longest silence 2|longest silence 1.9", "silence-check", "--seconds", "6", pauses)
row(2, "LUFS", "silence-check", "--seconds", "5", "-c", "-40:", faint)
row(1, "LUFS", "silence-check", "--seconds", "5", "-w", "-40:", faint)
row(2, "longest silence 5", "silence-check", "--seconds", "5", "--quiet", "-20", faint)
row(0, "LUFS over 6.0", "silence-check", "--seconds", "60", "-t", "30", tone)
row(2, "only 0.2 s|no sound", "silence-check", short)
row(0, r"-2[0-9]\.[0-9] LUFS", "silence-check", "--seconds", "5", ogg)

# Sources that are none; a playlist must lead neither to a file nor elsewhere.
row(2, "no sound", "silence-check", path("text", "no sound\n" * 100))
row(2, "no sound", "silence-check", path("random", os.urandom(100000)))
row(2, "no sound", "silence-check", path("empty", ""))
row(2, "is not there", "silence-check", path("nothing"))
row(2, "no sound", "silence-check", path("list.m3u8", f"#EXTM3U\n#EXTINF:6,\nhttp://127.0.0.1:1/x.wav\n"))
with open(tone, "rb") as file:
    data = file.read()
row(2, "no sound", "silence-check", path("header.wav", data[:44]))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404 if self.path == "/none" else 200)
        self.end_headers()
        try:
            if self.path == "/tone":
                self.wfile.write(data)
            elif self.path == "/leads":
                self.wfile.write(f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile://{tone}\n#EXT-X-ENDLIST\n".encode())
            elif self.path == "/stalls":
                self.wfile.write(data[:100000])
                self.wfile.flush()
                ended.wait(DEADLINE)
        except OSError:
            pass

    def log_message(self, *_):
        pass


ended = threading.Event()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
row(0, "LUFS over 5.0 s", "silence-check", "--seconds", "5", f"{url}/tone")
row(2, "no sound.*404", "silence-check", f"{url}/none")
row(2, "no sound", "silence-check", "-t", "5", f"{url}/leads")
row(2, "no sound|only", "silence-check", "-t", "2", f"{url}/stalls")
with socket.socket() as mute:
    mute.bind(("127.0.0.1", 0))
    mute.listen()
    began = time.monotonic()
    row(2, "no sound", "silence-check", "-t", "1", f"http://127.0.0.1:{mute.getsockname()[1]}/")
ended.set()
refused("silence-check", [], ["-c", "x", tone], [tone, silent], ["--seconds", "0", tone], ["--quiet", "loud", tone], ["concat:a|b://x"],
        ["rtmp://x/y"], ["--bad"], ["-t"])
end()
