"""A certificate authority for one test run, made with the openssl command."""

import datetime
import os
import ssl
import subprocess


def _run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _stamp(days):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return moment.strftime("%Y%m%d%H%M%SZ")


class Authority:
    """Signs certificates with any dates: `openssl ca` can, `openssl x509` of version 3.0 cannot."""

    def __init__(self, folder, name="Test CA"):
        self.folder = folder
        os.makedirs(os.path.join(folder, "new"), exist_ok=True)
        self.key = os.path.join(folder, "ca.key")
        self.file = os.path.join(folder, "ca.pem")
        self.count = 0
        open(os.path.join(folder, "index.txt"), "w").close()
        with open(os.path.join(folder, "serial"), "w") as serial:
            serial.write("1000\n")
        self.config = os.path.join(folder, "ca.cnf")
        with open(self.config, "w") as config:
            config.write(
                "[ca]\ndefault_ca=d\n[d]\ndatabase=%(f)s/index.txt\nserial=%(f)s/serial\n"
                "new_certs_dir=%(f)s/new\ncertificate=%(f)s/ca.pem\nprivate_key=%(f)s/ca.key\n"
                "default_md=sha256\npolicy=p\nunique_subject=no\nx509_extensions=x\n"
                "[p]\ncommonName=supplied\n[x]\nsubjectAltName=$ENV::SAN\n" % {"f": folder})
        _run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-keyout", self.key, "-out", self.file, "-days", "30", "-subj", "/CN=" + name)

    def server(self, names="IP:127.0.0.1,DNS:localhost", common="localhost", begins=-1, ends=90):
        """An SSL context with a certificate valid from `begins` to `ends`, in days from now."""
        self.count += 1
        base = os.path.join(self.folder, "s%d" % self.count)
        _run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", base + ".key", "-out", base + ".csr", "-subj", "/CN=" + common)
        environment = dict(os.environ, SAN=names)
        subprocess.run(["openssl", "ca", "-batch", "-notext", "-config", self.config, "-in",
                        base + ".csr", "-out", base + ".pem", "-startdate", _stamp(begins), "-enddate",
                        _stamp(ends)], check=True, env=environment, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return context(base + ".pem", base + ".key")

    def self_signed(self):
        base = os.path.join(self.folder, "self")
        _run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-keyout", base + ".key", "-out", base + ".pem", "-days", "40", "-subj",
             "/CN=alone.example", "-addext", "subjectAltName=IP:127.0.0.1")
        return context(base + ".pem", base + ".key")


def context(certificate, key):
    out = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    out.load_cert_chain(certificate, key)
    return out
