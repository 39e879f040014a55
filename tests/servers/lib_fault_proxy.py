# SPDX-License-Identifier: MIT
"""A TCP proxy in front of a Redis that does what networks do, and what they should not; switched while it runs.

    with Proxy(store.port) as proxy:
        proxy.latency = 0.2         seconds that bytes take, each way
        proxy.slow_reads = 0.2      the same for what comes down a connection that reads the stream; the others stay fast
        proxy.rate = 1e6            bytes a second that come down a connection
        proxy.stall = True          a black hole: connections stand, nothing goes through
        proxy.refuse()              nobody listens, connections are cut; accept() ends it
        proxy.cut()                 cut all connections now
        proxy.cut_after("up", 100)  cut the connection that carries the 100th byte from now on ("up": to the store)
        proxy.cut_reply("XADD", 5)  at the next XADD, let 5 bytes of the reply through, then cut; the store has it
        proxy.lose_request("XADD")  cut the connection in the middle of the next XADD: the store does not have it
        proxy.old = True            refuse XADD NOMKSTREAM, as Redis before 6.2 does
        proxy.twice = 0.0           deliver each XADD a second time, so many seconds later; None ends it
"""
import asyncio
import contextlib
import socket
import threading

from lib_redis import free_port


class Commands:
    """Finds the commands in a stream of bytes that comes in pieces: [(name, bytes)]."""

    def __init__(self):
        self.data = b""

    def feed(self, piece):
        self.data += piece
        found = []
        while (end := self.whole()) is not None:
            found.append((self.name, self.data[:end]))
            self.data = self.data[end:]
        return found

    def whole(self):
        """Where the first command ends, or None: it has not come yet."""
        at = self.data.find(b"\r\n")
        if at < 0:
            return None
        if self.data[:1] != b"*":  # Not RESP (TLS, say): of no interest.
            self.name = b""
            return len(self.data)
        count, at = int(self.data[1:at]), at + 2
        for i in range(count):
            end = self.data.find(b"\r\n", at)
            if end < 0:
                return None
            length = int(self.data[at + 1:end])
            if end + 2 + length + 2 > len(self.data):
                return None
            if i == 0:
                self.name = self.data[end + 2:end + 2 + length].upper()
            at = end + 2 + length + 2
        return at


class Pipe:
    """One connection through the proxy."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.commands = Commands()
        self.reads = False        # XREAD went through.
        self.replies_left = None  # Bytes of replies to let through before the cut.
        self.due = {"up": 0.0, "down": 0.0}  # When the last piece arrives; no later one arrives before it.
        self.closed = False

    def cut(self):
        self.closed = True
        for _, writer in (self.client, self.server):
            # No lingering: the other side sees a reset, as when a machine dies and comes back.
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            writer.transport.abort()
        self.proxy.pipes.discard(self)

    def deliver(self, direction, writer, piece, then_cut):
        def later():
            self.proxy.under_way -= 1
            now()
        def now():
            if not self.closed:
                writer.write(piece)
                if then_cut:
                    self.proxy.keep(self.drain_and_cut(writer))
        time = self.proxy.loop.time()
        latency = self.proxy.latency + (self.proxy.slow_reads if self.reads and direction == "down" else 0)
        self.due[direction] = max(self.due[direction], time + latency)
        if self.due[direction] > time:
            self.proxy.under_way += 1
            self.proxy.loop.call_at(self.due[direction], later)
        else:
            now()

    async def drain_and_cut(self, writer):
        """What was let through has left before the cut."""
        while not self.closed and writer.transport.get_write_buffer_size() > 0:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.005)
        self.cut()

    async def pump(self, direction):
        reader, writer = (self.client[0], self.server[1]) if direction == "up" else (self.server[0], self.client[1])
        proxy = self.proxy
        try:
            while piece := await reader.read(65536):
                while proxy.stall and not self.closed:
                    await asyncio.sleep(0.005)
                if self.closed:
                    return
                piece, then_cut = self.look_up(piece) if direction == "up" else self.look_down(piece)
                left = proxy.cuts.get(direction)
                if left is not None:
                    proxy.cuts[direction] = left - len(piece)
                    if len(piece) >= left:
                        piece, then_cut = piece[:left], True
                        proxy.cuts.pop(direction)
                        proxy.faults += 1
                self.deliver(direction, writer, piece, then_cut)
                if proxy.latency == 0:
                    await writer.drain()
                if proxy.rate is not None and direction == "down":
                    await asyncio.sleep(len(piece) / proxy.rate)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            # What is under way arrives, also when who sent it has given up.
            await asyncio.sleep(max(0.0, self.due[direction] - proxy.loop.time()) + 0.001)
            if not self.closed:
                self.cut()

    def look_up(self, piece):
        proxy = self.proxy
        for name, command in self.commands.feed(piece):
            self.reads = self.reads or name == b"XREAD"
            if proxy.old and name == b"XADD" and b"NOMKSTREAM" in command:
                proxy.refused += 1
                self.client[1].write(b"-ERR Invalid stream ID specified as stream command argument\r\n")
                return b"", False  # Right for a command that comes alone.
            if name == b"XADD" and proxy.twice is not None:
                proxy.under_way += 1
                proxy.loop.call_later(proxy.twice, lambda command=command: proxy.keep(proxy.deliver_again(command)))
            if name in proxy.on_reply:
                self.replies_left = proxy.on_reply.pop(name)
            if name in proxy.on_request and len(command) // 2 <= len(piece):
                del proxy.on_request[name]
                proxy.faults += 1
                # Only exact when it ends this piece; requests before it in the pipeline get through.
                return piece[:-(len(command) // 2)], True
        return piece, False

    def look_down(self, piece):
        if self.replies_left is None:
            return piece, False
        if len(piece) < self.replies_left:
            self.replies_left -= len(piece)
            return piece, False
        piece = piece[:self.replies_left]
        self.replies_left = None
        self.proxy.faults += 1
        return piece, True


class Proxy:
    def __init__(self, target, password=None):
        self.target, self.password = target, password
        self.port = free_port()
        self.latency, self.slow_reads, self.rate, self.stall, self.twice = 0.0, 0.0, None, False, None
        self.cuts, self.on_reply, self.on_request = {}, {}, {}
        self.pipes, self.tasks = set(), set()
        self.old, self.refused = False, 0
        self.faults = 0      # Cuts that were done.
        self.under_way = 0   # Pieces and second copies that are yet to arrive.
        self.delivered = 0   # Commands that were delivered a second time.
        self.connections = 0
        self.listener = None
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.accept()

    def keep(self, coroutine):
        """Run it; the loop alone would let it be collected."""
        task = self.loop.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def accept(self):
        self.do(self._accept())

    async def _accept(self):
        if self.listener is None:
            self.listener = await asyncio.start_server(self.serve, "127.0.0.1", self.port)

    def refuse(self):
        self.do(self._refuse())

    async def _refuse(self):
        if self.listener is not None:
            self.listener.close()
            self.listener = None
        await self._cut()

    def cut(self):
        self.do(self._cut())

    async def _cut(self):
        for pipe in list(self.pipes):
            pipe.cut()

    def cut_after(self, direction, count):
        self.cuts[direction] = count

    def cut_reply(self, name, count):
        self.on_reply[name.encode()] = count

    def lose_request(self, name):
        self.on_request[name.encode()] = True

    def heal(self):
        """No faults from now on."""
        self.latency, self.slow_reads, self.rate, self.stall, self.twice = 0.0, 0.0, None, False, None
        self.cuts, self.on_reply, self.on_request = {}, {}, {}
        self.accept()

    async def serve(self, reader, writer):
        with contextlib.suppress(asyncio.CancelledError):  # close() ends it.
            await self.connect(reader, writer)

    async def connect(self, reader, writer):
        self.connections += 1
        while self.stall:
            await asyncio.sleep(0.005)
        try:
            server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pipe = Pipe(self, (reader, writer), server)
        self.pipes.add(pipe)
        await asyncio.gather(pipe.pump("up"), pipe.pump("down"))

    async def deliver_again(self, command):
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
            if self.password:
                writer.write(b"AUTH %s\r\n" % self.password.encode())
            writer.write(command)
            await reader.read(1000)
            writer.close()
            self.delivered += 1
        self.under_way -= 1

    async def _close(self):
        await self._refuse()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def close(self):
        self.stall = False
        self.do(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()
