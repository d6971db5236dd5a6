# gdb -x tests/debug.gdb: the kernel's symbols, and the guest that `make debug` started
file build/release/ringside.elf
set architecture i386:x86-64
target remote 127.0.0.1:1234
hbreak panic
