//! `getrandom` and `syscall` of the C library, for x86-64 Linux.

use core::arch::asm;
use core::ffi::{c_int, c_long, c_uint, c_void};

/// Number of the system call, from `asm/unistd_64.h`.
const GETRANDOM: c_long = 318;
/// The kernel answers with `-errno`, down to this.
const LOWEST_ERROR: c_long = -4095;

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
}

/// `getrandom(2)`.
///
/// # Safety
///
/// `buffer` must be valid for writes of `length` bytes, as for the function of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
    // SAFETY: the caller vouches for the buffer; the other arguments are not used by this call.
    unsafe { syscall(GETRANDOM, buffer as c_long, length as c_long, flags as c_long, 0, 0, 0) as isize }
}

/// `syscall(2)`.
///
/// The C library declares it with any number of arguments. In the calling convention of this platform the
/// first six are in registers and the seventh on the stack, whether or not the caller passed them; a system call
/// does not look at those it does not take.
///
/// # Safety
///
/// The arguments must be what the system call of this number expects.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(
    number: c_long,
    a: c_long,
    b: c_long,
    c: c_long,
    d: c_long,
    e: c_long,
    f: c_long,
) -> c_long {
    if number == GETRANDOM && a != 0 && b > 0 {
        // SAFETY: the caller vouches for a buffer of this length; zeroed first, it may be uninitialised.
        let bytes = unsafe {
            core::ptr::write_bytes(a as *mut u8, 0, b as usize);
            core::slice::from_raw_parts_mut(a as *mut u8, b as usize)
        };
        if crate::fill(bytes) {
            return b;
        }
    }
    let answer: c_long;
    // SAFETY: the kernel takes the number in rax, the arguments in these registers, and changes rcx and r11 besides
    // rax. Whether the call itself is sound is up to the caller.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => answer,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            in("r8") e,
            in("r9") f,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    if (LOWEST_ERROR..0).contains(&answer) {
        // SAFETY: the C library gives every thread a valid place for its error number.
        unsafe { *__errno_location() = -answer as c_int };
        return -1;
    }
    answer
}
