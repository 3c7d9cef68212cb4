"""The routing daemons: write a configuration, start, ask for status, signal, stop.

Every daemon of the lab has an address, an AS number and a BGP identifier that are *configured*, so
they are the truth whatever the packets say. `status(peer)` asks the daemon itself what it negotiated.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

from . import logs, net, octets

FAMILY_NAMES = {"ipv4Unicast": "ipv4-unicast", "ipv6Unicast": "ipv6-unicast",
                "ipv4": "ipv4-unicast", "ipv6": "ipv6-unicast", "ipv4Vpn": "ipv4-vpn-unicast",
                "ipv6Vpn": "ipv6-vpn-unicast", "ipv4Flowspec": "ipv4-flowspec", "ipv6Flowspec": "ipv6-flowspec",
                "ipv4LabeledUnicast": "ipv4-labeled-unicast", "ipv6LabeledUnicast": "ipv6-labeled-unicast",
                "l2VpnEvpn": "l2vpn-evpn", "ipv4-mpls": "ipv4-labeled-unicast", "ipv6-mpls": "ipv6-labeled-unicast",
                "vpn4-mpls": "ipv4-vpn-unicast", "vpn6-mpls": "ipv6-vpn-unicast", "flow4": "ipv4-flowspec",
                "flow6": "ipv6-flowspec"}


def version_of(package):
    """The package's upstream version, as a reader would name it."""
    out = net.run("dpkg-query", "-W", "-f", "${Version}", package, check=False)
    match = re.match(r"(?:\d+:)?(\d+(?:\.\d+)+)", out)
    return match.group(1) if match else "?"


class Daemon:
    """Common part: a folder for files and logs, child processes by name."""

    product = package = "?"

    def __init__(self, lab, namespace, address, asn, bgp_id, hostname):
        self.lab = lab
        self.namespace = namespace
        self.address = address
        self.asn = asn
        self.bgp_id = bgp_id
        self.hostname = hostname
        self.processes = {}
        self.home = os.path.join(lab.scratch, hostname)
        os.makedirs(self.home, exist_ok=True)
        os.chmod(self.home, 0o755)
        lab.daemons.append(self)

    @property
    def version(self):
        return f"{self.product} {version_of(self.package)}"

    def path(self, name):
        return os.path.join(self.home, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def spawn(self, name, *args, env=()):
        """Start a daemon in its namespace, under its own host name (FRR tells it to the peer).

        What it prints goes into NAME.stamped, each line behind the time of its arrival, for those
        daemons whose own stamps are coarse or absent.
        """
        argv = ["unshare", "--uts", "sh", "-c", f"hostname {self.hostname}; exec \"$@\"", "sh", *args]
        process = subprocess.Popen(
            self.namespace.argv(*argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, cwd=self.home, text=True, errors="replace",
            env={**os.environ, "TZ": "UTC", **dict(env)})
        self.processes[name] = process
        threading.Thread(target=self._stamp, args=(process, self.path(f"{name}.stamped")), daemon=True).start()

    @staticmethod
    def _stamp(process, path):
        with process.stdout, open(path, "a", encoding="utf-8") as log:
            for line in process.stdout:
                log.write(f"{time.time():.6f} {line}")
                log.flush()

    def kill(self, number, *names):
        """Signal the named processes (all of them when none is named)."""
        for name in names or list(self.processes):
            self.processes[name].send_signal(number)

    def end(self, name, number=signal.SIGTERM):
        """End one process and wait for it."""
        net.signal_and_wait(self.processes.pop(name), number)

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
        for name in reversed(list(self.processes)):
            self.end(name)

    def transitions(self):
        return []

    def notifications_sent(self):
        """[{'time', 'code', 'subcode'}] as logged; None for a daemon whose log does not tell."""
        return None

    def status(self, peer):
        """{'state', 'hold_time_s', 'keepalive_s', 'families'} of the session with peer."""
        return None

    def bfd_status(self, peer):
        """{'negotiated_tx_us', 'detection_time_us'} while Up, else None."""
        return None

    def established(self, peer):
        status = self.status(peer)
        return bool(status) and status["state"] == "Established"


class Frr(Daemon):
    """FRRouting: zebra, bfdd and bgpd, each with a configuration of its own."""

    product, package = "FRR", "frr"
    folder = "/usr/lib/frr"

    def __init__(self, lab, namespace, address, asn, bgp_id, hostname, bgp, *,
                 bfd="", top="", bgpd_flags=()):
        super().__init__(lab, namespace, address, asn, bgp_id, hostname)
        self.bgpd_flags = list(bgpd_flags)
        shutil.chown(self.home, "frr", "frr")
        self.configuration = {
            "zebra": "",
            "bfdd": f"debug bfd peer\nbfd\n{bfd}exit\n" if bfd is not None else None,
            "bgpd": ("debug bgp neighbor-events\ndebug bgp bfd\n" + top + f"router bgp {asn}\n"
                     f" bgp router-id {bgp_id}\n no bgp ebgp-requires-policy\n"
                     " no bgp default ipv4-unicast\n no bgp network import-check\n" + bgp),
        }

    def start(self, *names):
        for name in names or ("zebra", "bfdd", "bgpd"):
            if self.configuration[name] is None:
                continue
            head = (f"log file {self.path(name + '.log')} debugging\nlog timestamp precision 6\n"
                    f"hostname {self.hostname}\n")
            conf = self.write(f"{name}.conf", head + self.configuration[name])
            shutil.chown(conf, "frr", "frr")
            extra = {"bfdd": ["--bfdctl", self.path("bfdd.sock")], "bgpd": self.bgpd_flags}
            self.spawn(name, f"{self.folder}/{name}", "-f", conf, "-i", self.path(f"{name}.pid"),
                       "-z", self.path("zserv.api"), "--vty_socket", self.home,
                       "-u", "frr", "-g", "frr", "-P", "0", *extra.get(name, []))
            self._wait_for(f"{name}.vty")

    def _wait_for(self, name, seconds=5):
        end = time.monotonic() + seconds
        while not os.path.exists(self.path(name)) and time.monotonic() < end:
            time.sleep(0.05)

    def end(self, name, number=signal.SIGTERM):
        super().end(name, number)
        if os.path.exists(self.path(f"{name}.vty")):
            os.unlink(self.path(f"{name}.vty"))

    def vtysh(self, *commands):
        args = [word for command in commands for word in ("-c", command)]
        return self.namespace.run("vtysh", "--vty_socket", self.home, *args, check=False)

    def configure(self, *commands):
        return self.vtysh("configure terminal", f"router bgp {self.asn}", *commands)

    def status(self, peer):
        try:
            neighbor = json.loads(self.vtysh("show bgp neighbors json"))[peer]
        except (ValueError, KeyError):
            return None
        families = neighbor.get("neighborCapabilities", {}).get("multiprotocolExtensions", {})
        return {
            "state": neighbor["bgpState"],
            "hold_time_s": neighbor["bgpTimerHoldTimeMsecs"] // 1000,
            "keepalive_s": neighbor["bgpTimerKeepAliveIntervalMsecs"] // 1000,
            "families": sorted(FAMILY_NAMES[name] for name, how in families.items()
                               if how.get("advertisedAndReceived")),
        }

    def bfd_status(self, peer):
        try:
            peers = json.loads(self.vtysh("show bfd peers json"))
        except ValueError:
            return None
        for one in peers:
            if one["peer"] == peer and one["status"] == "up":
                # RFC 5880 6.8.7 and 6.8.4, from the values bfdd itself reports (ms).
                tx = max(one["transmit-interval"], one["remote-receive-interval"])
                rx = max(one["receive-interval"], one["remote-transmit-interval"])
                return {"negotiated_tx_us": tx * 1000,
                        "detection_time_us": rx * one["remote-detect-multiplier"] * 1000}
        return None

    def notifications_sent(self):
        return logs.frr_notifications_sent(self.path("bgpd.log"))

    def transitions(self):
        return (logs.frr_bgp(self.path("bgpd.log"), self.address) +
                logs.frr_bfd(self.path("bfdd.log"), self.address))


class Bird(Daemon):
    """BIRD: one process, one configuration; its log and its MRT state records together are the truth."""

    product, package = "BIRD", "bird2"

    def __init__(self, lab, namespace, address, asn, bgp_id, hostname, peer, text):
        super().__init__(lab, namespace, address, asn, bgp_id, hostname)
        self.peer = peer
        self.head = (f"log \"{self.path('bird.log')}\" all;\ntimeformat log iso long us;\n"
                     f"router id {bgp_id};\ndebug protocols all;\n"
                     f"mrtdump \"{self.path('bird.mrt')}\";\nmrtdump protocols {{ states }};\n"
                     "protocol device {}\n")
        self.text = text

    def start(self):
        conf = self.write("bird.conf", self.head + self.text)
        self.spawn("bird", "bird", "-f", "-c", conf, "-s", self.path("bird.ctl"),
                   "-P", self.path("bird.pid"))

    def birdc(self, *words):
        return self.namespace.run("birdc", "-s", self.path("bird.ctl"), *words, check=False)

    def reconfigure(self, text):
        self.text = text
        self.write("bird.conf", self.head + text)
        return self.birdc("configure")

    def status(self, peer):
        for block in re.split(r"\n(?=\S)", self.birdc("show", "protocols", "all")):
            if not re.search(rf"Neighbor address: {re.escape(peer)}(%\S+)?\n", block):
                continue
            state = re.search(r"BGP state:\s+(\w+)", block).group(1)
            hold = re.search(r"Hold timer:\s+[\d.]+/(\d+)", block)
            keepalive = re.search(r"Keepalive timer:\s+[\d.]+/(\d+)", block)
            announced = re.findall(r"AF announced: (.*)", block)
            both = set.intersection(*(set(names.split()) for names in announced)) if announced else set()
            return {"state": state,
                    "hold_time_s": int(hold.group(1)) if hold else 0,
                    "keepalive_s": int(keepalive.group(1)) if keepalive else None,
                    "families": sorted(FAMILY_NAMES[name] for name in both)}
        return None

    def bfd_status(self, peer):
        for line in self.birdc("show", "bfd", "sessions").splitlines():
            words = line.split()
            if len(words) >= 6 and words[0] == peer and words[2] == "Up":
                return {"negotiated_tx_us": round(float(words[-2]) * 1e6),
                        "detection_time_us": round(float(words[-1]) * 1e6)}
        return None

    def transitions(self):
        return (logs.bird_bgp(self.path("bird.log"), self.path("bird.mrt"), self.address, self.peer) +
                logs.bird_bfd(self.path("bird.log"), self.address))


class GoBgp(Daemon):
    """GoBGP: its log in JSON names every change of state; the times are those of arrival."""

    product, package = "GoBGP", "gobgpd"
    api = "127.0.0.1:50051"

    # What its configuration calls a family, and what this project does where that differs.
    families_ours = {"ipv4-labelled-unicast": "ipv4-labeled-unicast", "ipv6-labelled-unicast": "ipv6-labeled-unicast",
                     "l3vpn-ipv4-unicast": "ipv4-vpn-unicast", "l3vpn-ipv6-unicast": "ipv6-vpn-unicast",
                     "rtc": "ipv4-rt-constraint", "l3vpn-ipv4-flowspec": "ipv4-vpn-flowspec",
                     "l2vpn-flowspec": "l2vpn-vpn-flowspec", "l3vpn-ipv6-flowspec": "ipv6-vpn-flowspec",
                     "ls": "link-state-bgp-ls", "ipv4-srpolicy": "ipv4-sr-policy", "ipv6-srpolicy": "ipv6-sr-policy"}

    def __init__(self, lab, namespace, address, asn, bgp_id, hostname, peer, peer_as, *,
                 passive=False, routes=(), more="", families=None):
        super().__init__(lab, namespace, address, asn, bgp_id, hostname)
        self.families = families or ["ipv6-unicast" if ":" in peer else "ipv4-unicast"]
        self.routes = routes
        blocks = "".join(f"""
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "{family}\"""" for family in self.families)
        self.text = f"""
[global.config]
  as = {asn}
  router-id = "{bgp_id}"
  local-address-list = ["{address}"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{peer}"
    peer-as = {peer_as}
  [neighbors.transport.config]
    passive-mode = {str(passive).lower()}
  [neighbors.timers.config]
    connect-retry = 10
    hold-time = 15
    keepalive-interval = 5
    idle-hold-time-after-reset = 5{blocks}
{more}"""

    def start(self):
        conf = self.write("gobgpd.toml", self.text)
        self.spawn("gobgpd", "gobgpd", "-f", conf, "-l", "debug", "--api-hosts", self.api, "--pprof-disable")
        time.sleep(1)
        for route in self.routes:
            if isinstance(route, octets.Route):
                octets.gobgp_add(self.namespace, self.api, route)
            else:
                self.add(*route) if isinstance(route, tuple) else self.add(route)

    def add(self, *words, family="ipv4"):
        """One route, in the words of its command line; a tuple of `routes` begins with the family."""
        if len(words) > 1:
            family, *words = words
        self.gobgp("global", "rib", "add", "-a", family, *" ".join(words).split())

    def received(self, family):
        """The NLRI of its table that came from the peer, as its JSON has them."""
        table = json.loads(self.gobgp("-j", "global", "rib", "-a", family) or "{}")
        return [{"text": key, "nlri": path["nlri"]} for key, paths in sorted(table.items())
                for path in paths if path.get("source-id") or path.get("neighbor-ip")]

    def gobgp(self, *words):
        return self.namespace.run("gobgp", *words, check=False)

    def status(self, peer):
        try:
            neighbor = json.loads(self.gobgp("-j", "neighbor", peer))
        except ValueError:
            return None
        timers = neighbor["timers"]["state"]
        names = ("?", "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established")
        return {"state": names[neighbor["state"].get("session_state", 0)],
                "hold_time_s": timers.get("negotiated_hold_time", 0),
                "keepalive_s": timers.get("keepalive_interval"),
                "families": sorted(self.families_ours.get(family, family) for family in self.families)}

    def transitions(self):
        return logs.gobgp(self.path("gobgpd.stamped"), self.address)


class OpenBgpd(Daemon):
    """OpenBGPD in the foreground; its log has no times, so the arrival's are used."""

    product, package = "OpenBGPD", "openbgpd"

    def __init__(self, lab, namespace, address, asn, bgp_id, hostname, peer, peer_as, *,
                 routes=(), more="", top=""):
        super().__init__(lab, namespace, address, asn, bgp_id, hostname)
        family = "IPv6" if ":" in peer else "IPv4"
        networks = "".join(f"network {route}\n" for route in routes)
        self.text = (f"AS {asn}\nrouter-id {bgp_id}\nsocket \"{self.path('bgpd.sock')}\"\n"
                     f"listen on {address}\nholdtime 15\nconnect-retry 10\n{top}{networks}"
                     f"neighbor {peer} {{\n remote-as {peer_as}\n local-address {address}\n"
                     f" announce {family} unicast\n{more}}}\nallow from any\nallow to any\n")

    def start(self):
        os.makedirs("/run/openbgpd", exist_ok=True)
        conf = self.write("bgpd.conf", self.text, mode=0o600)
        self.spawn("bgpd", "bgpd", "-d", "-v", "-v", "-f", conf)
        time.sleep(0.5)

    def bgpctl(self, *words):
        return self.namespace.run("bgpctl", "-s", self.path("bgpd.sock"), *words, check=False)

    def status(self, peer):
        try:
            neighbor = json.loads(self.bgpctl("-j", "show", "neighbor", peer))["neighbors"][0]
        except (ValueError, LookupError):
            return None
        session = neighbor.get("session", {})
        return {"state": neighbor["state"], "hold_time_s": session.get("holdtime"),
                "keepalive_s": session.get("keepalive"),
                "families": ["ipv6-unicast" if ":" in peer else "ipv4-unicast"]}

    def transitions(self):
        return logs.openbgpd(self.path("bgpd.stamped"), self.address)


class ExaBgp(Daemon):
    """ExaBGP: no status to ask for, and a log that names messages rather than states."""

    product, package = "ExaBGP", "exabgp"

    def __init__(self, lab, namespace, address, asn, bgp_id, hostname, peer, peer_as, *, routes=(), more="",
                 families=None):
        super().__init__(lab, namespace, address, asn, bgp_id, hostname)
        families = "".join(f" {one};" for one in families or ["ipv6 unicast" if ":" in peer else "ipv4 unicast"])
        static = "".join(f"  route {route}{'' if 'next-hop' in route else ' next-hop self'};\n" for route in routes)
        self.text = (f"neighbor {peer} {{\n router-id {bgp_id};\n local-address {address};\n local-as {asn};\n"
                     f" peer-as {peer_as};\n hold-time 15;\n family {{{families} }}\n{more}"
                     f" static {{\n{static} }}\n}}\n")

    def start(self):
        conf = self.write("exabgp.conf", self.text)
        # With underscores: sh does not hand on variables that have a dot in their name.
        self.spawn("exabgp", "exabgp", conf, env={
            "exabgp_daemon_user": "root", "exabgp_daemon_drop": "false", "exabgp_log_all": "true",
            "exabgp_log_level": "DEBUG", "exabgp_log_destination": "stdout", "exabgp_api_cli": "false",
            "PYTHONUNBUFFERED": "1"})

    def transitions(self):
        return logs.exabgp(self.path("exabgp.stamped"), self.address)


class Puppet(Daemon):
    """puppet.py: a speaker that misbehaves as told, for what no daemon does of its own accord."""

    version = "puppet.py"
    script = "puppet.py"

    def __init__(self, lab, namespace, address, asn, bgp_id, hostname, *words):
        super().__init__(lab, namespace, address, asn, bgp_id, hostname)
        self.words = words

    def arguments(self):
        return [self.address, str(self.asn), self.bgp_id, *self.words]

    def start(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), self.script)
        self.spawn("puppet", "/usr/bin/python3", script, *self.arguments())
        time.sleep(0.5)


class BfdPuppet(Puppet):
    """bfd_puppet.py, beside a BGP daemon that has no BFD."""

    version = script = "bfd_puppet.py"

    def arguments(self):
        return [self.address, *self.words]


class AoPuppet(BfdPuppet):
    """ao_puppet.py: calls with TCP-AO and is never answered."""

    version = script = "ao_puppet.py"
