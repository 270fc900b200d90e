"""nginx: HTTP/1.1 and HTTP/2, TLS, a Unix socket."""
from servers.server import Server

STATUSES = (204, 400, 401, 403, 404, 409, 410, 418, 429, 500, 502, 503, 504)


class Nginx(Server):
    """Serves the folder `root` at `http_port`, `https_port` and the Unix socket `socket`.

    | path          | what it does                                                       |
    |---------------|--------------------------------------------------------------------|
    | /...          | the file in `root`, by ranges too, text gzipped; PUT, DELETE       |
    | /private/...  | the same file, PUT too, for alice with her secret (Basic)          |
    | /slow/...     | the same file, 64 KiB a second                                     |
    | /echo         | the method, the headers, an empty line and the body of the request |
    | /status/NNN   | an answer with that status, one of STATUSES                        |
    | /to/...       | 302 to /...; /circle to itself; /again 307 to /echo                |
    """
    greetings = {"http_port": b"", "https_port": b""}

    def prepare(self):
        self.socket = self.folder / "socket"
        self.answers = "\n    ".join(f"location = /status/{status} {{ return {status}; }}" for status in STATUSES)
        self.own(self.write("users", "alice:{PLAIN}secret\n"))
        self.configuration = self.write("nginx.conf", CONFIGURATION)

    def commands(self):
        return [[*self.program("nginx"), "-c", self.configuration, "-e", self.logs / "error"]]


CONFIGURATION = """
load_module /usr/share/nginx/modules/ngx_http_echo_module.so;
daemon off;
worker_processes 2;
pid @folder/pid;
error_log @logs/error;
events { worker_connections 1024; }
http {
  access_log off;
  types { text/plain txt; text/html html; application/json json; }
  default_type application/octet-stream;
  client_max_body_size 0;
  client_body_temp_path @folder/body;
  proxy_temp_path @folder/proxy;
  fastcgi_temp_path @folder/fastcgi;
  uwsgi_temp_path @folder/uwsgi;
  scgi_temp_path @folder/scgi;
  gzip on;
  gzip_types text/plain application/json;
  absolute_redirect off;
  server {
    listen 127.0.0.1:@http_port;
    listen [::1]:@http_port;
    listen unix:@socket;
    listen 127.0.0.1:@https_port ssl http2;
    listen [::1]:@https_port ssl http2;
    ssl_certificate @certificate;
    ssl_certificate_key @key;
    root @root;
    location / { dav_methods PUT DELETE; create_full_put_path on; }
    location /private/ { alias @root/; dav_methods PUT; auth_basic "ahoy"; auth_basic_user_file @folder/users; }
    location /slow/ { alias @root/; limit_rate 64k; }
    location = /echo {
      echo_read_request_body;
      echo -n $echo_client_request_headers;
      echo_request_body;
    }
    @answers
    location /to/ { rewrite ^/to(/.*)$ $1 redirect; }
    location = /again { return 307 /echo; }
    location = /circle { return 302 /circle; }
    @more
  }
}
"""
