# gdb -x tests/debug.gdb: the kernel's symbols, and the guest that `make debug` (or tests/vm --gdb) started
file build/gdb.elf
set architecture i386:x86-64
target remote build/gdb.socket
hbreak panic
