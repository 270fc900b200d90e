/* UDP echo by hand: as many datagrams as wait, up to 64, are taken by one call and sent back by another. */
#define _GNU_SOURCE
#include <errno.h>

#include "listening.h"

enum { most = 64, longest = 65536 };

static char memory[most][longest];
static struct sockaddr_in names[most];
static struct iovec pieces[most];
static struct mmsghdr all[most];

static void prepare(void) {
  for (int at = 0; at < most; ++at) {
    pieces[at].iov_base = memory[at];
    all[at].msg_hdr.msg_iov = &pieces[at];
    all[at].msg_hdr.msg_iovlen = 1;
    all[at].msg_hdr.msg_name = &names[at];
  }
}

static void make_room(int count) {
  for (int at = 0; at < count; ++at) {
    pieces[at].iov_len = longest;
    all[at].msg_hdr.msg_namelen = sizeof names[at];
  }
}

/* What cannot be sent is left out: it is a datagram. */
static void send_back(int socket, int count) {
  for (int at = 0; at < count; ++at) pieces[at].iov_len = all[at].msg_len;
  for (int at = 0; at < count;) {
    int sent = sendmmsg(socket, all + at, (unsigned)(count - at), 0);
    at += sent > 0 ? sent : 1;
  }
}

int main(void) {
  int socket = datagram_socket();
  prepare();
  make_room(most);
  for (;;) {
    int count = recvmmsg(socket, all, most, MSG_WAITFORONE, NULL);
    if (count < 0 && errno != EINTR) fail("recvmmsg");
    if (count <= 0) continue;
    send_back(socket, count);
    make_room(count);
  }
}
