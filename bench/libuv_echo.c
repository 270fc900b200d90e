/* libuv, one loop: each read is echoed with a write of its own, tried at once. */
#define _GNU_SOURCE
#include <uv.h>

#include "listening.h"

struct answer {
  uv_write_t request;
  uv_buf_t bytes;
};

static char shared[65536];

static void allocate(uv_handle_t* handle, size_t suggested, uv_buf_t* given) {
  (void)handle;
  (void)suggested;
  *given = uv_buf_init(shared, sizeof shared);
}

static void gone(uv_handle_t* handle) { free(handle); }

static void written(uv_write_t* request, int status) {
  struct answer* one = (struct answer*)request;
  if (status != 0 && !uv_is_closing((uv_handle_t*)request->handle)) uv_close((uv_handle_t*)request->handle, gone);
  free(one->bytes.base);
  free(one);
}

/* What uv_try_write did not take is copied and queued. */
static void queue(uv_stream_t* caller, const char* rest, size_t size) {
  struct answer* one = malloc(sizeof *one);
  one->bytes = uv_buf_init(malloc(size), (unsigned)size);
  memcpy(one->bytes.base, rest, size);
  if (uv_write(&one->request, caller, &one->bytes, 1, written) != 0) uv_close((uv_handle_t*)caller, gone);
}

static void echo(uv_stream_t* caller, ssize_t got, const uv_buf_t* bytes) {
  if (got < 0) {
    uv_close((uv_handle_t*)caller, gone);
    return;
  }
  if (got == 0) return;
  uv_buf_t answer = uv_buf_init(bytes->base, (unsigned)got);
  int sent = uv_stream_get_write_queue_size(caller) == 0 ? uv_try_write(caller, &answer, 1) : 0;
  if (sent < 0) sent = 0;
  if (sent < got) queue(caller, bytes->base + sent, (size_t)(got - sent));
}

static void accept_one(uv_stream_t* listener, int status) {
  uv_tcp_t* caller = malloc(sizeof *caller);
  if (status != 0) fail("accept");
  uv_tcp_init(listener->loop, caller);
  if (uv_accept(listener, (uv_stream_t*)caller) != 0) {
    uv_close((uv_handle_t*)caller, gone);
    return;
  }
  uv_tcp_nodelay(caller, 1);
  uv_read_start((uv_stream_t*)caller, allocate, echo);
}

int main(void) {
  uv_tcp_t listener;
  struct sockaddr_in name;
  uv_os_fd_t descriptor;
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_init(loop, &listener);
  uv_ip4_addr("127.0.0.1", 0, &name);
  if (uv_tcp_bind(&listener, (struct sockaddr*)&name, 0) != 0) fail("bind");
  if (uv_listen((uv_stream_t*)&listener, SOMAXCONN, accept_one) != 0) fail("listen");
  if (uv_fileno((uv_handle_t*)&listener, &descriptor) != 0) fail("uv_fileno");
  say_where(descriptor);
  return uv_run(loop, UV_RUN_DEFAULT);
}
