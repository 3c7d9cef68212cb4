"""tcpdump on one device, and what tshark reads out of the file afterwards."""
import signal
import subprocess
import time

from . import net

NOTIFY_MINORS = {1: "bgp.notify.minor_error", 2: "bgp.notify.minor_error_open",
                 3: "bgp.notify.minor_error_update", 4: "bgp.notify.minor_error_expired",
                 5: "bgp.notify.minor_error_state", 6: "bgp.notify.minor_error_cease",
                 7: "bgp.notify.minor_error_capability"}


class Capture:
    """Records everything a device sees: ARP, NDP and ICMP belong to the story."""

    def __init__(self, namespace, device, path, *, link_type=None, flags=(), program="tcpdump"):
        if program == "tcpdump":
            args = ["tcpdump", "-i", device, "-n", "--immediate-mode", "-U", "-B", "16384", "-Z", "root", "-w", path,
                    *(["-y", link_type] if link_type else []), *flags]
        else:
            args = ["dumpcap", "-i", device, "-w", path]
        self.process = subprocess.Popen(namespace.argv(*args), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "listening on" in line or line.startswith("File: "):
                return
        raise RuntimeError(f"{program} does not listen")

    def stop(self):
        time.sleep(0.3)
        net.signal_and_wait(self.process, signal.SIGINT)
        self.process.stderr.close()


def notifications(path):
    """Every NOTIFICATION on the wire, retransmissions left out: {time, src, dst, code, subcode}."""
    fields = ["frame.time_epoch", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "bgp.notify.major_error",
              *NOTIFY_MINORS.values()]
    words = [word for field in fields for word in ("-e", field)]
    out = subprocess.run(
        ["tshark", "-n", "-r", path, "-Y",
         "bgp.type == 3 && !icmp && !icmpv6 && !tcp.analysis.retransmission", "-T", "fields", *words],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    found = []
    for line in out.splitlines():
        values = dict(zip(fields, line.split("\t")))
        minors = {code: values.get(name, "").split(",") for code, name in NOTIFY_MINORS.items()}
        for major in values["bgp.notify.major_error"].split(","):
            code = int(major, 0)
            subcode = minors[code].pop(0) if minors.get(code) else ""
            found.append({"time": round(float(values["frame.time_epoch"]), 6),
                          "src": values["ip.src"] or values["ipv6.src"],
                          "dst": values["ip.dst"] or values["ipv6.dst"],
                          "code": code, "subcode": int(subcode, 0) if subcode else 0})
    return found
