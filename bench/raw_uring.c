/* One loop over io_uring, by hand: multishot accept and receive, buffers from a ring, everything submitted with the wait
   for what comes next. What the peer does not take at once the kernel goes on sending (MSG_WAITALL); one receives on,
   meanwhile, but what came is sent only after it, in its order. */
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "listening.h"

enum { buffer_count = 1024, buffer_size = 16384, group = 1 };
enum kind { accepting, receiving, sending };

struct piece {
  unsigned buffer;
  unsigned size;
  struct piece* next;
};

struct caller {
  int socket;
  int is_receiving, is_ended;
  struct piece *first, *last; /* the first is under way */
};

static struct io_uring ring;
static struct io_uring_buf_ring* buffers;
static char* memory;
static struct caller* starved[65536]; /* whose receive found no buffer */
static unsigned starved_count;

static void* tagged(struct caller* one, enum kind what) { return (void*)((uintptr_t)one | what); }

static struct io_uring_sqe* next_entry(void) {
  struct io_uring_sqe* entry = io_uring_get_sqe(&ring);
  if (entry) return entry;
  io_uring_submit(&ring);
  entry = io_uring_get_sqe(&ring);
  if (!entry) fail("io_uring_get_sqe");
  return entry;
}

static void accept_on(int listener) {
  struct io_uring_sqe* entry = next_entry();
  io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
  io_uring_sqe_set_data(entry, tagged(NULL, accepting));
}

static void receive(struct caller* one) {
  struct io_uring_sqe* entry = next_entry();
  io_uring_prep_recv_multishot(entry, one->socket, NULL, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = group;
  one->is_receiving = 1;
  io_uring_sqe_set_data(entry, tagged(one, receiving));
}

static void send_first(struct caller* one) {
  struct io_uring_sqe* entry = next_entry();
  io_uring_prep_send(entry, one->socket, memory + (size_t)one->first->buffer * buffer_size, one->first->size,
                     MSG_NOSIGNAL | MSG_WAITALL);
  io_uring_sqe_set_data(entry, tagged(one, sending));
}

static void give_back(unsigned buffer) {
  io_uring_buf_ring_add(buffers, memory + (size_t)buffer * buffer_size, buffer_size, (unsigned short)buffer,
                        io_uring_buf_ring_mask(buffer_count), 0);
  io_uring_buf_ring_advance(buffers, 1);
  while (starved_count > 0) receive(starved[--starved_count]);
}

static void drop_if_done(struct caller* one) {
  if (one->is_receiving || one->first || !one->is_ended) return;
  close(one->socket);
  free(one);
}

static void queue(struct caller* one, unsigned buffer, unsigned size) {
  struct piece* more = malloc(sizeof *more);
  if (!more) fail("malloc");
  *more = (struct piece){buffer, size, NULL};
  if (one->first) {
    one->last = one->last->next = more;
    return;
  }
  one->first = one->last = more;
  send_first(one);
}

static void accepted(int listener, struct io_uring_cqe* done) {
  if (!(done->flags & IORING_CQE_F_MORE)) accept_on(listener);
  if (done->res < 0) return;
  struct caller* one = calloc(1, sizeof *one);
  if (!one) fail("calloc");
  one->socket = done->res;
  send_at_once(one->socket);
  receive(one);
}

static void received(struct caller* one, struct io_uring_cqe* done) {
  one->is_receiving = (done->flags & IORING_CQE_F_MORE) != 0;
  if (done->res > 0) queue(one, done->flags >> IORING_CQE_BUFFER_SHIFT, (unsigned)done->res);
  if (done->res == 0 || (done->res < 0 && done->res != -ENOBUFS)) one->is_ended = 1;
  if (!one->is_receiving && !one->is_ended) {
    one->is_receiving = 1;
    if (done->res == -ENOBUFS)
      starved[starved_count++] = one;
    else
      receive(one);
  }
  drop_if_done(one);
}

static void sent(struct caller* one, struct io_uring_cqe* done) {
  struct piece* over = one->first;
  if (done->res < 0 || (unsigned)done->res < over->size) shutdown(one->socket, SHUT_RDWR);
  one->first = over->next;
  give_back(over->buffer);
  free(over);
  if (one->first) send_first(one);
  drop_if_done(one);
}

static void provide_buffers(void) {
  size_t size = buffer_count * sizeof(struct io_uring_buf);
  struct io_uring_buf_reg asked;
  memory = malloc((size_t)buffer_count * buffer_size);
  buffers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (!memory || buffers == MAP_FAILED) fail("mmap");
  memset(&asked, 0, sizeof asked);
  asked.ring_addr = (uintptr_t)buffers;
  asked.ring_entries = buffer_count;
  asked.bgid = group;
  io_uring_buf_ring_init(buffers);
  if ((errno = -io_uring_register_buf_ring(&ring, &asked, 0)) != 0) fail("io_uring_register_buf_ring");
  for (unsigned at = 0; at < buffer_count; ++at) give_back(at);
}

static void take_every_descriptor(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void handle(int listener, struct io_uring_cqe* done) {
  uintptr_t data = (uintptr_t)io_uring_cqe_get_data(done);
  struct caller* one = (struct caller*)(data & ~(uintptr_t)3);
  switch ((enum kind)(data & 3)) {
    case accepting:
      accepted(listener, done);
      break;
    case receiving:
      received(one, done);
      break;
    case sending:
      sent(one, done);
      break;
  }
}

int main(void) {
  struct io_uring_params how;
  memset(&how, 0, sizeof how);
  how.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
  how.cq_entries = 32768;
  take_every_descriptor();
  if ((errno = -io_uring_queue_init_params(4096, &ring, &how)) != 0) fail("io_uring_queue_init");
  provide_buffers();
  int listener = listening_socket(0);
  accept_on(listener);
  for (;;) {
    struct io_uring_cqe* done;
    unsigned head, count = 0;
    io_uring_submit_and_wait(&ring, 1);
    io_uring_for_each_cqe(&ring, head, done) {
      handle(listener, done);
      ++count;
    }
    io_uring_cq_advance(&ring, count);
  }
}
