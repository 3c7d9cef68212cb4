"""Namespaces, the cables between them, packet filters, and a relay in user space.

Nothing here has a way out: namespaces are joined by veth pairs only. The kernel the lab was written
on has neither netem nor 8021q, so what those would do (VLAN tags, small MTUs, loss) is left to Relay.
"""
import contextlib
import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import threading

CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
# ETHTOOL_S{TXCSUM,TSO,GSO}: whoever reads frames off the wire wants whole checksums and real sizes.
ETHTOOL_OFFLOADS = (0x17, 0x1F, 0x24)
RELAY_BUFFER = 4 << 20

libc = ctypes.CDLL(None, use_errno=True)


def run(*args, check=True, **kwargs):
    """Run a command to its end; its output is returned as text."""
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kwargs)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(args)}: {done.stdout.strip()}")
    return done.stdout


@contextlib.contextmanager
def entered(namespace):
    """The calling thread is in the namespace's network for the length of the block."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if libc.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        libc.setns(home, CLONE_NEWNET)
        os.close(there)
        os.close(home)


class Namespace:
    """A network namespace; `close` ends it with everything in it."""

    def __init__(self, name, ipv6=False):
        self.name = name
        self.ipv6 = ipv6
        run("ip", "netns", "add", name)
        self.sysctl("net.ipv6.conf.all.disable_ipv6", 0 if ipv6 else 1)
        self.sysctl("net.ipv6.conf.default.disable_ipv6", 0 if ipv6 else 1)
        self.sysctl("net.ipv6.conf.default.accept_dad", 0)
        self.sysctl("net.ipv6.conf.default.router_solicitations", 0)
        self.ip("link", "set", "lo", "up")

    def close(self):
        run("ip", "netns", "del", self.name, check=False)

    def argv(self, *args):
        return ["ip", "netns", "exec", self.name, *args]

    def run(self, *args, **kwargs):
        return run(*self.argv(*args), **kwargs)

    def ip(self, *args, **kwargs):
        return run("ip", "-n", self.name, *args, **kwargs)

    def sysctl(self, key, value):
        self.run("sysctl", "-qw", f"{key}={value}")

    def up(self, device, mac=None, addresses=(), mtu=None):
        if mac:
            self.ip("link", "set", device, "address", mac)
        if mtu:
            self.ip("link", "set", device, "mtu", str(mtu))
        self.ip("link", "set", device, "up")
        for address in addresses:
            self.ip("address", "add", address, "dev", device, *(["nodad"] if ":" in address else []))

    def offloads_off(self, device):
        with entered(self.name):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with sock:
            for command in ETHTOOL_OFFLOADS:
                value = ctypes.create_string_buffer(struct.pack("II", command, 0))
                request = struct.pack("16sP16x", device.encode(), ctypes.addressof(value))
                fcntl.ioctl(sock, SIOCETHTOOL, request)

    def announce(self, device, mac, address):
        """A gratuitous ARP request, as a host sends when it comes up."""
        mac, address = bytes.fromhex(mac.replace(":", "")), socket.inet_aton(address)
        with entered(self.name):
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        with sock:
            sock.bind((device, 0))
            sock.send(b"\xff" * 6 + mac + b"\x08\x06" + struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) +
                      mac + address + bytes(6) + address)

    # Packet filters. One table, made on first use; `filter_clear` mends the world again.

    def filter(self, hook, *rules):
        """Add rules (nft text) to a chain at input, output, or forward (on a bridge: the frames)."""
        family = "bridge" if hook == "bridge" else "inet"
        base = "forward" if hook == "bridge" else hook
        text = [f"table {family} lab {{ chain {base} {{ type filter hook {base} priority 0; }}; }}"]
        text += [f"add rule {family} lab {base} {rule}" for rule in rules]
        self.run("nft", "-f", "-", input="\n".join(text) + "\n")

    def filter_clear(self):
        self.run("nft", "flush", "ruleset")


def cable(left, left_device, right, right_device):
    run("ip", "link", "add", left_device, "netns", left.name, "type", "veth",
        "peer", "name", right_device, "netns", right.name)


def bridge(namespace, *devices):
    """Join devices into a plain bridge that sends nothing of its own."""
    namespace.ip("link", "add", "br0", "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
    for device in devices:
        namespace.ip("link", "set", device, "master", "br0")
        namespace.ip("link", "set", device, "up")
    namespace.ip("link", "set", "br0", "up")


def dot1q(vlan, ethertype=0x8100):
    """A VLAN tag, as it stands behind the two MAC addresses."""
    return struct.pack(">HH", ethertype, vlan)


class Meeting:
    """A relay's rule: the first SYN of each side waits for the other's, and then both go on together."""

    def __init__(self):
        self.waiting = {}
        self.met = False

    @staticmethod
    def is_syn(frame):
        return frame[12:14] == b"\x08\x00" and frame[23] == 6 and frame[14 + 4 * (frame[14] & 15) + 13] == 2

    def __call__(self, frame, from_left):
        if self.met or not self.is_syn(frame):
            return [(frame, from_left)]
        self.waiting.setdefault(from_left, frame)
        if len(self.waiting) < 2:
            return []
        self.met = True
        return [(frame, side) for side, frame in self.waiting.items()]


class Relay(threading.Thread):
    """Carries frames between two devices of a namespace, changing them on the way.

    `rule(frame, from_left)` gives the frames to pass on now, each with the side it came from. Devices
    at the far ends need their offloads off, as a checksum left to the card would stay unwritten.
    """

    def __init__(self, namespace, left, right, rule):
        super().__init__(daemon=True)
        self.rule = rule
        self.wake, self.waker = os.pipe()
        for device in (left, right):
            # Before the sockets: one that is bound to a device that is down starts with an error.
            namespace.ip("link", "set", device, "promisc", "on", "up")
        with entered(namespace.name):
            self.left = self._open(left)
            self.right = self._open(right)
        self.start()

    @staticmethod
    def _open(device):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RELAY_BUFFER)
        sock.bind((device, 3))
        return sock

    def run(self):
        while True:
            ready, _, _ = select.select([self.left, self.right, self.wake], [], [])
            if self.wake in ready:
                return
            for source in ready:
                frame, address = source.recvfrom(65536)
                if address[2] == socket.PACKET_OUTGOING:
                    continue
                for out, from_left in self.rule(frame, source is self.left):
                    with contextlib.suppress(OSError):
                        (self.right if from_left else self.left).send(out)

    def close(self):
        os.write(self.waker, b"x")
        self.join()
        for sock in (self.left, self.right):
            sock.close()
        os.close(self.wake)
        os.close(self.waker)


def signal_and_wait(process, number=signal.SIGTERM, seconds=5):
    """Ask a process to end, then insist."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
