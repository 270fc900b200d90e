"""Python's asyncio, with a protocol: its quickest form."""
import asyncio
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport  # TCP_NODELAY is asyncio's default

    def data_received(self, data):
        self.transport.write(data)


async def main():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    print(f"listening on tcp://127.0.0.1:{port} (contender)", file=sys.stderr, flush=True)
    await server.serve_forever()


asyncio.run(main())
