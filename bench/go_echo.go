// Go: a goroutine for each caller, over the runtime's own epoll loop.
package main

import (
	"fmt"
	"net"
	"os"
)

func echo(caller net.Conn) {
	defer caller.Close()
	bytes := make([]byte, 65536)
	for {
		got, err := caller.Read(bytes)
		if err != nil {
			return
		}
		if _, err := caller.Write(bytes[:got]); err != nil {
			return
		}
	}
}

func main() {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, "listening on tcp://%s (contender)\n", listener.Addr()) // TCP_NODELAY is Go's default
	for {
		if caller, err := listener.Accept(); err == nil {
			go echo(caller)
		}
	}
}
