//! The part of streamfence_plugin.h, version 1.0, that a token validator needs.

use std::ffi::{c_char, c_void};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slice {
    pub bytes: *const u8,
    pub length: usize,
}

impl Slice {
    pub const EMPTY: Slice = Slice { bytes: std::ptr::null(), length: 0 };

    pub const fn of(text: &'static str) -> Slice {
        Slice { bytes: text.as_ptr(), length: text.len() }
    }

    /// The bytes, for as long as their owner says: during the call.
    pub unsafe fn get(&self) -> &[u8] {
        if self.length == 0 { &[] } else { std::slice::from_raw_parts(self.bytes, self.length) }
    }
}

#[repr(C)]
pub struct Error {
    message: [u8; 1024],
}

impl Error {
    pub fn write(&mut self, text: &str) {
        let mut end = text.len().min(self.message.len() - 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.message[..end].copy_from_slice(&text.as_bytes()[..end]);
        self.message[end] = 0;
    }
}

#[repr(C)]
pub struct Abi {
    pub magic: u32,
    pub major: u16,
    pub minor: u16,
    pub plugin_size: u32,
    pub component_size: u32,
    pub toolchain: [u8; 112],
}

#[repr(C)]
pub struct Settings {
    pub size: u32,
    pub options: Slice,
    pub folder: Slice,
}

#[repr(C)]
pub struct Component {
    pub size: u32,
    pub kind: u32,
    pub name: *const c_char,
    pub table: *const c_void,
    pub context: *mut c_void,
    pub check: unsafe extern "C" fn(*mut c_void, &Settings, &mut Error) -> i32,
    pub create: unsafe extern "C" fn(*mut c_void, &Settings, &mut Error) -> *mut c_void,
    pub destroy: unsafe extern "C" fn(*mut c_void),
}

#[repr(C)]
pub struct Plugin {
    pub size: u32,
    pub component_count: u32,
    pub name: *const c_char,
    pub version: *const c_char,
    pub components: *const Component,
}

#[repr(C)]
pub struct TokenRequest {
    pub size: u32,
    pub action: u32,
    pub token: Slice,
    pub namespace_path: Slice,
    pub topic: Slice,
    pub remote_address: Slice,
}

#[repr(C)]
pub struct TokenDecision {
    pub size: u32,
    pub verdict: u32,
    pub principal: Slice,
    pub reason: Slice,
    pub expires_at: i64,
    pub grants: *const c_void,
    pub grant_count: usize,
}

#[repr(C)]
pub struct TokenValidator {
    pub size: u32,
    pub validate: unsafe extern "C" fn(*mut c_void, &TokenRequest, u64, extern "C" fn(u64, &TokenDecision)),
    pub cancel: Option<unsafe extern "C" fn(*mut c_void, u64)>,
}

pub const SUCCESS: i32 = 0;
pub const FAILURE: i32 = 1;
pub const TOKEN_VALIDATOR: u32 = 2;
pub const REJECTED: u32 = 0;
pub const ACCEPTED: u32 = 1;

/// A name for the host; ends with a zero.
pub const fn terminated(text: &'static str) -> *const c_char {
    text.as_ptr() as *const c_char
}

pub const fn size<T>() -> u32 {
    std::mem::size_of::<T>() as u32
}

/// What the host reads before it calls anything.
pub const fn abi(toolchain: &str) -> Abi {
    let mut text = [0; 112];
    let bytes = toolchain.as_bytes();
    let mut i = 0;
    while i < bytes.len() && i < text.len() - 1 {
        text[i] = bytes[i];
        i += 1;
    }
    Abi {
        magic: 0x53464E43,
        major: 1,
        minor: 0,
        plugin_size: size::<Plugin>(),
        component_size: size::<Component>(),
        toolchain: text,
    }
}

// The tables only hold constants and functions that may be called from any thread.
unsafe impl Sync for Component {}
unsafe impl Sync for Plugin {}
