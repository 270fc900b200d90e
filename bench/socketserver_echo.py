"""Python's socketserver, a thread for each caller."""
import socketserver
import sys


class Echo(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 4096
    daemon_threads = True


with Server(("127.0.0.1", 0), Echo) as server:
    print(f"listening on tcp://127.0.0.1:{server.server_address[1]} (contender)", file=sys.stderr, flush=True)
    server.serve_forever()
