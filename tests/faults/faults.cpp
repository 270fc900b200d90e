// Loaded into the command with LD_PRELOAD: counts each call that may fail, and has one of them fail, as the
// file named by AHOY_FAULTS asks (shared.hpp). What may become of a call is said by its row in `rows`; an
// errno there is one that the call's man page names. `shortened` is no failure: it moves fewer bytes than it
// was asked to.
//
// io_uring is called without libc (liburing's archive has the instructions within itself): there the kernel
// brings each call to us, as a signal (seccomp(2), SECCOMP_RET_TRAP), but those from the one place that
// carries them out.

#include "shared.hpp"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace faults {
namespace {

constexpr std::uint32_t all_from_there = 2;  // of is_armed
constexpr int shortened = -1;
constexpr int none = -2;

struct row {
  const char* name;
  kind of;
  std::array<int, 5> outcomes;  // up to the first 0
};

constexpr std::array rows{
    row{"socket", kind::system, {EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES}},
    row{"socketpair", kind::system, {EMFILE, ENOMEM}},
    row{"bind", kind::system, {EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOMEM}},
    row{"listen", kind::system, {EADDRINUSE}},
    row{"connect", kind::system, {ECONNREFUSED, ENETUNREACH, ETIMEDOUT, EADDRNOTAVAIL, ENOBUFS}},
    row{"accept4", kind::system, {ECONNABORTED, EMFILE, ENOMEM, EPROTO, EINTR}},
    row{"send", kind::system, {ECONNRESET, EPIPE, ENOBUFS, EINTR, shortened}},
    row{"sendmsg", kind::system, {ECONNRESET, EPIPE, ENOBUFS, EINTR}},
    row{"sendmmsg", kind::system, {ECONNREFUSED, ENOBUFS, EINTR, EPERM}},
    row{"recv", kind::system, {ECONNRESET, ENOMEM, ETIMEDOUT, EINTR}},
    row{"recvmsg", kind::system, {ECONNRESET, ENOMEM, EINTR}},
    row{"recvmmsg", kind::system, {ECONNREFUSED, ENOMEM, EINTR}},
    row{"read", kind::system, {EIO, EINTR, shortened}},
    row{"readv", kind::system, {EIO, EINTR}},
    row{"write", kind::system, {EIO, ENOSPC, EPIPE, EINTR, shortened}},
    row{"writev", kind::system, {EIO, ENOSPC, EPIPE, EINTR}},
    row{"shutdown", kind::system, {ENOTCONN}},
    row{"getsockopt", kind::system, {ENOBUFS, ENOTCONN}},
    row{"setsockopt", kind::system, {ENOMEM, ENOPROTOOPT, EINVAL}},
    row{"getsockname", kind::system, {ENOBUFS}},
    row{"getpeername", kind::system, {ENOTCONN, ENOBUFS}},
    row{"ioctl", kind::system, {EINVAL}},
    row{"getaddrinfo", kind::system, {EAI_AGAIN, EAI_MEMORY, EAI_FAIL, EAI_NONAME}},
    row{"epoll_create1", kind::system, {EMFILE, ENOMEM}},
    row{"epoll_ctl", kind::system, {ENOMEM, ENOSPC}},
    row{"epoll_wait", kind::system, {EINTR}},
    row{"poll", kind::system, {EINTR}},  // of no more than 30 descriptors it needs no memory (fs/select.c)
    row{"ppoll", kind::system, {EINTR}},
    row{"eventfd", kind::system, {EMFILE, ENOMEM}},
    row{"timerfd_create", kind::system, {EMFILE, ENOMEM}},
    row{"signalfd", kind::system, {EMFILE, ENOMEM}},
    row{"pipe2", kind::system, {EMFILE, ENFILE}},
    row{"dup", kind::system, {EMFILE}},
    row{"fcntl", kind::system, {EMFILE}},
    row{"open", kind::system, {EMFILE, ENOENT, EACCES, ENOMEM}},
    row{"fopen", kind::system, {EMFILE, ENOENT, EACCES}},
    row{"fstat", kind::system, {ENOMEM, EIO}},
    row{"stat", kind::system, {EACCES, ENOENT}},
    row{"mkdir", kind::system, {EACCES, ENOSPC}},
    row{"rename", kind::system, {EACCES, ENOSPC}},
    row{"fchmod", kind::system, {EPERM}},
    row{"fsync", kind::system, {EIO, ENOSPC}},
    row{"flock", kind::system, {EINTR, ENOLCK}},
    row{"fork", kind::system, {EAGAIN, ENOMEM}},
    row{"exec", kind::system, {ENOMEM, EACCES}},
    row{"waitid", kind::system, {EINTR}},
    row{"pthread_create", kind::system, {EAGAIN}},
    row{"mmap", kind::system, {ENOMEM}},
    row{"getrandom", kind::system, {EINTR}},
    row{"io_uring_setup", kind::system, {ENOMEM, EPERM, EMFILE, ENOSYS}},
    row{"io_uring_enter", kind::system, {EAGAIN, EBUSY, EINTR, ENOMEM}},
    row{"io_uring_register", kind::system, {ENOMEM, EINVAL}},
    row{"malloc", kind::memory, {ENOMEM}},
    row{"calloc", kind::memory, {ENOMEM}},
    row{"realloc", kind::memory, {ENOMEM}},
    row{"aligned_alloc", kind::memory, {ENOMEM}},
    row{"SSL_CTX_new", kind::tls, {ENOMEM}},
    row{"SSL_new", kind::tls, {ENOMEM}},
    row{"BIO_new", kind::tls, {ENOMEM}},
    row{"SSL_do_handshake", kind::tls, {ENOMEM}},
    row{"SSL_read_ex", kind::tls, {ENOMEM}},
    row{"SSL_write_ex", kind::tls, {ENOMEM}},
    row{"SSL_shutdown", kind::tls, {ENOMEM}},
    row{"SSL_CTX_use_certificate_chain_file", kind::tls, {ENOMEM}},
    row{"SSL_CTX_load_verify_file", kind::tls, {ENOMEM}},
    row{"SSL_set1_host", kind::tls, {ENOMEM}},
    row{"SSL_CTX_set_alpn_protos", kind::tls, {ENOMEM}},
};

consteval std::uint8_t row_of(const char* name) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const char* a = rows[i].name;
    const char* b = name;
    while (*a != 0 && *a == *b) ++a, ++b;
    if (*a == *b) return static_cast<std::uint8_t>(i);
  }
  throw "no such row";
}

/// Within glibc's look-up, which ends the process where its own memory runs out (an assertion in
/// nss_database.c): not ours to mend. That it says EAI_MEMORY is among what becomes of it.
thread_local bool is_inside = false;

record* shared = nullptr;  // none: this is not the command, or nobody asked

std::uint64_t now() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return static_cast<std::uint64_t>(at.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(at.tv_nsec);
}

/// What becomes of this call: `none`, nothing but what it asks for.
int outcome(std::uint8_t which) {
  if (shared == nullptr || shared->is_armed == 0 || is_inside) return none;
  const auto of = static_cast<std::uint32_t>(rows[which].of);
  const auto number = ++shared->counted[of];
  if (number <= most_calls) shared->calls[of][number - 1] = which;
  const bool is_one = shared->call_to_fail == number;
  const bool is_of_all = shared->is_armed == all_from_there && number >= shared->call_to_fail;
  if (shared->kind_to_fail != of || !(is_one || is_of_all)) return none;
  std::size_t possible = 0;
  while (possible < rows[which].outcomes.size() && rows[which].outcomes[possible] != 0) ++possible;
  shared->process = static_cast<std::uint32_t>(getpid());
  shared->when = now();
  shared->row_failed = which + 1U;
  return rows[which].outcomes[shared->how % possible];
}

/// Sets errno if it shall fail.
bool fails(std::uint8_t which) {
  const int error = outcome(which);
  if (error == none || error == shortened) return false;
  errno = error;
  return true;
}

template <typename Function>
Function* next(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// The real one of what is defined here.
#define REAL(name) static auto* const real = next(&::name, #name)

void note_descriptors() {
  if (shared == nullptr || shared->first_process != static_cast<std::uint32_t>(getpid())) return;
  std::uint32_t open = 0;
  for (int number = 3; number < 256; ++number) open += syscall(SYS_fcntl, number, F_GETFD) >= 0;
  shared->left_open = open;
}

/// io_uring's calls come here, but those that this makes itself.
asm(R"(
  .pushsection .text
  .balign 16
faults_call:
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  mov %r8, %r10
  mov %r9, %r8
  mov 8(%rsp), %r9
  syscall
faults_called:
  ret
  .popsection
)");
extern "C" long faults_call(long number, long a, long b, long c, long d, long e, long f);
extern "C" const char faults_called[];

std::uint8_t row_of_number(int number) {
  return number == SYS_io_uring_setup   ? row_of("io_uring_setup")
         : number == SYS_io_uring_enter ? row_of("io_uring_enter")
                                        : row_of("io_uring_register");
}

void on_trap(int, siginfo_t* what, void* context) {
  const int kept = errno;
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const int error = outcome(row_of_number(what->si_syscall));
  registers[REG_RAX] = error == none ? faults_call(what->si_syscall, registers[REG_RDI], registers[REG_RSI],
                                                   registers[REG_RDX], registers[REG_R10], registers[REG_R8],
                                                   registers[REG_R9])
                                     : -error;
  errno = kept;
}

void trap_rings() {
  struct sigaction action{};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  sigaction(SIGSYS, &action, nullptr);
  const auto allowed = reinterpret_cast<std::uintptr_t>(faults_called);
  std::array filter{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_io_uring_setup, 0, 5),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SYS_io_uring_register, 4, 0),
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, instruction_pointer)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(allowed), 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{filter.size(), filter.data()};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/// Programs that the command starts are not meant.
bool is_the_command() { return std::strncmp(program_invocation_short_name, "ahoy", 4) == 0; }

__attribute__((constructor)) void begin() {
  const char* path = std::getenv("AHOY_FAULTS");
  if (path == nullptr || !is_the_command()) return;
  const int file = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0));
  if (file < 0) return;
  const long at = syscall(SYS_mmap, nullptr, sizeof(record), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  syscall(SYS_close, file);
  if (at < 0 && at > -4096) return;
  if (std::getenv("AHOY_FAULTS_RINGS") != nullptr) trap_rings();
  auto* mapped = reinterpret_cast<record*>(at);
  mapped->first_process = static_cast<std::uint32_t>(getpid());
  shared = mapped;
}

/// For the driver, which loads this to read the table: a row's name, its outcomes, and of what kind it is;
/// none: past the end.
extern "C" __attribute__((visibility("default"))) const char* faults_row(unsigned number, unsigned* of,
                                                                         int* outcomes) {
  if (number >= rows.size()) return nullptr;
  *of = static_cast<unsigned>(rows[number].of);
  for (std::size_t i = 0; i < rows[number].outcomes.size(); ++i) outcomes[i] = rows[number].outcomes[i];
  return rows[number].name;
}

__attribute__((destructor)) void end() { note_descriptors(); }

}  // namespace
}  // namespace faults

using faults::fails;
using faults::outcome;
using faults::row_of;

namespace {
// A size of which at least a byte is left out, and at least one stays.
std::size_t less(std::size_t size) { return size > 1 ? (size + 1) / 2 : size; }
}  // namespace

#pragma GCC visibility push(default)
extern "C" {

#define FAILING(result, name, parameters, arguments)   \
  result name parameters {                             \
    REAL(name);                                        \
    return fails(row_of(#name)) ? -1 : real arguments; \
  }

#define FAILING_AS(row, result, name, parameters, arguments) \
  result name parameters {                                   \
    REAL(name);                                              \
    return fails(row_of(row)) ? -1 : real arguments;         \
  }

using faults::next;

FAILING(int, socket, (int family, int type, int protocol) noexcept, (family, type, protocol))
FAILING(int, socketpair, (int family, int type, int protocol, int* both) noexcept,
        (family, type, protocol, both))
FAILING(int, bind, (int fd, const sockaddr* to, socklen_t size) noexcept, (fd, to, size))
FAILING(int, listen, (int fd, int most) noexcept, (fd, most))
FAILING(int, connect, (int fd, const sockaddr* to, socklen_t size), (fd, to, size))
FAILING(int, accept4, (int fd, sockaddr* from, socklen_t* size, int flags), (fd, from, size, flags))
FAILING(int, sendmmsg, (int fd, mmsghdr* what, unsigned count, int flags), (fd, what, count, flags))
// Not shortened: less than was asked for means that there is no more (epoll(7)).
FAILING(ssize_t, recv, (int fd, void* into, std::size_t size, int flags), (fd, into, size, flags))
FAILING(ssize_t, recvmsg, (int fd, msghdr* what, int flags), (fd, what, flags))
FAILING(int, recvmmsg, (int fd, mmsghdr* what, unsigned count, int flags, timespec* limit),
        (fd, what, count, flags, limit))
FAILING(ssize_t, readv, (int fd, const iovec* what, int count), (fd, what, count))
FAILING(ssize_t, writev, (int fd, const iovec* what, int count), (fd, what, count))
FAILING(int, getsockopt, (int fd, int level, int name, void* value, socklen_t* size) noexcept,
        (fd, level, name, value, size))
FAILING(int, setsockopt, (int fd, int level, int name, const void* value, socklen_t size) noexcept,
        (fd, level, name, value, size))
FAILING(int, getsockname, (int fd, sockaddr* name, socklen_t* size) noexcept, (fd, name, size))
FAILING(int, getpeername, (int fd, sockaddr* name, socklen_t* size) noexcept, (fd, name, size))
FAILING(int, epoll_create1, (int flags) noexcept, (flags))
FAILING(int, epoll_wait, (int fd, epoll_event* events, int most, int limit), (fd, events, most, limit))
FAILING(int, poll, (pollfd * each, nfds_t count, int limit), (each, count, limit))
FAILING(int, ppoll, (pollfd * each, nfds_t count, const timespec* limit, const sigset_t* mask),
        (each, count, limit, mask))
FAILING(int, eventfd, (unsigned value, int flags) noexcept, (value, flags))
FAILING(int, timerfd_create, (int clock, int flags) noexcept, (clock, flags))
FAILING(int, signalfd, (int fd, const sigset_t* mask, int flags) noexcept, (fd, mask, flags))
FAILING(int, pipe2, (int* both, int flags) noexcept, (both, flags))
FAILING(int, dup, (int fd) noexcept, (fd))
FAILING_AS("dup", int, dup2, (int fd, int to) noexcept, (fd, to))
FAILING_AS("dup", int, dup3, (int fd, int to, int flags) noexcept, (fd, to, flags))
FAILING(int, fstat, (int fd, struct stat* what) noexcept, (fd, what))
FAILING(int, stat, (const char* path, struct stat* what) noexcept, (path, what))
FAILING(int, mkdir, (const char* path, mode_t mode) noexcept, (path, mode))
FAILING(int, rename, (const char* from, const char* to) noexcept, (from, to))
FAILING(int, fchmod, (int fd, mode_t mode) noexcept, (fd, mode))
FAILING(int, fsync, (int fd), (fd))
FAILING(int, flock, (int fd, int how) noexcept, (fd, how))
FAILING(pid_t, fork, () noexcept, ())
FAILING_AS("exec", int, execv, (const char* path, char* const* words) noexcept, (path, words))
FAILING_AS("exec", int, execvpe, (const char* path, char* const* words, char* const* names) noexcept,
           (path, words, names))
FAILING(int, waitid, (idtype_t of, id_t id, siginfo_t* what, int options), (of, id, what, options))
FAILING_AS("waitid", pid_t, waitpid, (pid_t id, int* how, int options), (id, how, options))
FAILING(ssize_t, getrandom, (void* into, std::size_t size, unsigned flags), (into, size, flags))

// Taking a descriptor out cannot fail for want of anything.
int epoll_ctl(int fd, int what, int of, epoll_event* event) noexcept {
  REAL(epoll_ctl);
  return what != EPOLL_CTL_DEL && fails(row_of("epoll_ctl")) ? -1 : real(fd, what, of, event);
}

/// An eventfd, a signalfd, a timer: the kernel's own, whose reading and writing cannot fail.
bool is_anonymous(int fd) {
  struct stat what{};
  return syscall(SYS_fstat, fd, &what) == 0 && (what.st_mode & S_IFMT) == 0;
}

#define SHORTENED(name, parameters, size, arguments) \
  ssize_t name parameters {                          \
    REAL(name);                                      \
    if (is_anonymous(fd)) return real arguments;     \
    const int happens = outcome(row_of(#name));      \
    if (happens == faults::shortened)                \
      size = less(size);                             \
    else if (happens != faults::none)                \
      return errno = happens, -1;                    \
    return real arguments;                           \
  }

SHORTENED(read, (int fd, void* into, std::size_t size), size, (fd, into, size))
SHORTENED(write, (int fd, const void* from, std::size_t size), size, (fd, from, size))

// A worker's wire is not reset while both of its ends are open.
ssize_t sendmsg(int fd, const msghdr* what, int flags) {
  REAL(sendmsg);
  const int happens = outcome(row_of("sendmsg"));
  if (happens == faults::none) return real(fd, what, flags);
  int type = 0;
  socklen_t size = sizeof type;
  const bool is_wire =
      syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
  return errno = is_wire && happens != EINTR ? ENOBUFS : happens, -1;
}

// It fails for one that is not connected any more, as after a reset; so that comes along (connect(2),
// AF_UNSPEC).
int shutdown(int fd, int how) noexcept {
  REAL(shutdown);
  int family = 0;
  socklen_t size = sizeof family;
  syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  if (family == AF_UNIX || !fails(row_of("shutdown"))) return real(fd, how);
  const sockaddr nobody{AF_UNSPEC, {}};
  syscall(SYS_connect, fd, &nobody, sizeof nobody);
  return errno = ENOTCONN, -1;
}

// A datagram is taken whole.
bool is_stream(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

// Of a pair that the command made: it is broken only when its other end is closed.
bool is_pair(int fd) {
  sockaddr_storage name{};
  socklen_t own = sizeof name;
  syscall(SYS_getsockname, fd, &name, &own);
  socklen_t other = sizeof name;
  syscall(SYS_getpeername, fd, &name, &other);
  return name.ss_family == AF_UNIX && own == sizeof name.ss_family && other == sizeof name.ss_family;
}

ssize_t send(int fd, const void* from, std::size_t size, int flags) {
  REAL(send);
  int happens = outcome(row_of("send"));
  if ((happens == EPIPE || happens == ECONNRESET) && is_pair(fd)) happens = ENOBUFS;
  if (happens == faults::shortened && is_stream(fd)) size = less(size);
  if (happens != faults::none && happens != faults::shortened) return errno = happens, -1;
  return real(fd, from, size, flags);
}

int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list more;
  va_start(more, request);
  void* argument = va_arg(more, void*);
  va_end(more);
  REAL(ioctl);
  return fails(row_of("ioctl")) ? -1 : real(fd, request, argument);
}

// The only one that takes a descriptor; the others fail for a wrong one alone.
int fcntl(int fd, int command, ...) {
  va_list more;
  va_start(more, command);
  void* argument = va_arg(more, void*);
  va_end(more);
  REAL(fcntl);
  return command == F_DUPFD_CLOEXEC && fails(row_of("fcntl")) ? -1 : real(fd, command, argument);
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  REAL(open);
  return fails(row_of("open")) ? -1 : real(path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  REAL(openat);
  return fails(row_of("open")) ? -1 : real(folder, path, flags, mode);
}

FILE* fopen(const char* path, const char* how) {
  REAL(fopen);
  return fails(row_of("fopen")) ? nullptr : real(path, how);
}

FILE* fopen64(const char* path, const char* how) {
  REAL(fopen64);
  return fails(row_of("fopen")) ? nullptr : real(path, how);
}

int getaddrinfo(const char* host, const char* service, const addrinfo* like, addrinfo** found) {
  REAL(getaddrinfo);
  const int happens = outcome(row_of("getaddrinfo"));
  if (happens != faults::none) return happens;
  faults::is_inside = true;
  const int result = real(host, service, like, found);
  faults::is_inside = false;
  return result;
}

int pthread_create(pthread_t* id, const pthread_attr_t* how, void* (*work)(void*), void* with) noexcept {
  REAL(pthread_create);
  const int happens = outcome(row_of("pthread_create"));
  return happens == faults::none ? real(id, how, work, with) : happens;
}

void* mmap(void* at, std::size_t size, int rights, int flags, int fd, off_t offset) noexcept {
  REAL(mmap);
  return fails(row_of("mmap")) ? MAP_FAILED : real(at, size, rights, flags, fd, offset);
}

// By the names that libc has for its own, since to look them up allocates.
void* malloc(std::size_t size) noexcept { return fails(row_of("malloc")) ? nullptr : __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) noexcept {
  return fails(row_of("calloc")) ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  return fails(row_of("realloc")) ? nullptr : __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return fails(row_of("aligned_alloc")) ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** into, std::size_t alignment, std::size_t size) noexcept {
  const int kept = errno;
  if (fails(row_of("aligned_alloc"))) return errno = kept, ENOMEM;
  *into = __libc_memalign(alignment, size);
  return *into != nullptr ? 0 : ENOMEM;
}

// A program that ends without its destructors.
void _exit(int status) {
  faults::note_descriptors();
  syscall(SYS_exit_group, status);
  __builtin_unreachable();
}

}  // extern "C"

// OpenSSL's, which ahoy-tls is linked with: as it says that memory ran out. Its types are only passed on
// here.
namespace {

/// Where a module brought it along, it is not among what follows us.
void* find(const char* name, const char* library) {
  if (auto* const found = dlsym(RTLD_NEXT, name)) return found;
  auto* const loaded = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
  return loaded == nullptr ? nullptr : dlsym(loaded, name);
}

void say_so() {
  static auto* const begin = reinterpret_cast<void (*)()>(find("ERR_new", "libcrypto.so.3"));
  static auto* const set =
      reinterpret_cast<void (*)(int, int, const char*, ...)>(find("ERR_set_error", "libcrypto.so.3"));
  if (begin == nullptr || set == nullptr) return;
  begin();
  constexpr int library_ssl = 20;
  constexpr int malloc_failure = 256 | (0x1 << 18) | (0x2 << 18);
  set(library_ssl, malloc_failure, nullptr);
}

template <typename Result, typename... Arguments>
Result tls_call(std::uint8_t which, const char* name, Result failed, Arguments... arguments) {
  const bool of_crypto = name[0] == 'B';
  auto* const real =
      reinterpret_cast<Result (*)(Arguments...)>(find(name, of_crypto ? "libcrypto.so.3" : "libssl.so.3"));
  if (!fails(which)) return real(arguments...);
  say_so();
  return failed;
}

}  // namespace

#define TLS(result, failed, name, parameters, ...) \
  result name parameters { return tls_call<result>(row_of(#name), #name, failed, __VA_ARGS__); }

extern "C" {
TLS(void*, nullptr, SSL_CTX_new, (const void* method), method)
TLS(void*, nullptr, SSL_new, (void* context), context)
TLS(void*, nullptr, BIO_new, (const void* method), method)
TLS(int, -1, SSL_do_handshake, (void* session), session)
TLS(int, 0, SSL_read_ex, (void* session, void* into, std::size_t size, std::size_t* count), session, into,
    size, count)
TLS(int, 0, SSL_write_ex, (void* session, const void* from, std::size_t size, std::size_t* count), session,
    from, size, count)
TLS(int, -1, SSL_shutdown, (void* session), session)
TLS(int, 0, SSL_CTX_use_certificate_chain_file, (void* context, const char* path), context, path)
TLS(int, 0, SSL_CTX_load_verify_file, (void* context, const char* path), context, path)
TLS(int, 0, SSL_set1_host, (void* session, const char* name), session, name)
TLS(int, 1, SSL_CTX_set_alpn_protos, (void* context, const unsigned char* names, unsigned size), context,
    names, size)
}
#pragma GCC visibility pop
