//! Accepts one token, the same for all friends.

mod contract;
mod options;

use contract::*;
use std::ffi::c_void;

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static streamfence_plugin_abi: Abi = abi("rustc");

static VALIDATOR: TokenValidator = TokenValidator { size: size::<TokenValidator>(), validate, cancel: None };
static COMPONENT: Component = Component {
    size: size::<Component>(),
    kind: TOKEN_VALIDATOR,
    name: terminated("friend\0"),
    table: &VALIDATOR as *const TokenValidator as *const c_void,
    context: std::ptr::null_mut(),
    check,
    create,
    destroy,
};
static PLUGIN: Plugin = Plugin {
    size: size::<Plugin>(),
    component_count: 1,
    name: terminated("friend\0"),
    version: terminated("1.0\0"),
    components: &COMPONENT,
};

#[no_mangle]
pub extern "C" fn streamfence_plugin_init(_host: *const c_void, _error: *mut Error) -> *const Plugin {
    &PLUGIN
}

struct Friend {
    secret: String,
}

fn make(settings: &Settings) -> Result<Friend, String> {
    let mut found = options::read(unsafe { settings.options.get() })?;
    let secret = match found.remove("secret") {
        Some(Ok(secret)) => secret,
        Some(Err(other)) => return Err(format!("secret: expected text in quotes, found {other}")),
        None => return Err("secret: expected text, found nothing".into()),
    };
    match found.keys().next() {
        Some(name) => Err(format!("{name}: unknown option; friend takes secret")),
        None => Ok(Friend { secret }),
    }
}

unsafe extern "C" fn check(_context: *mut c_void, settings: &Settings, error: &mut Error) -> i32 {
    match make(settings) {
        Ok(_) => SUCCESS,
        Err(message) => {
            error.write(&message);
            FAILURE
        }
    }
}

unsafe extern "C" fn create(_context: *mut c_void, settings: &Settings, error: &mut Error) -> *mut c_void {
    match make(settings) {
        Ok(friend) => Box::into_raw(Box::new(friend)) as *mut c_void,
        Err(message) => {
            error.write(&message);
            std::ptr::null_mut()
        }
    }
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance as *mut Friend));
}

unsafe extern "C" fn validate(
    instance: *mut c_void,
    request: &TokenRequest,
    call: u64,
    answer: extern "C" fn(u64, &TokenDecision),
) {
    let friend = &*(instance as *const Friend);
    let accepted = request.token.get() == friend.secret.as_bytes();
    answer(
        call,
        &TokenDecision {
            size: size::<TokenDecision>(),
            verdict: if accepted { ACCEPTED } else { REJECTED },
            principal: if accepted { Slice::of("friend") } else { Slice::EMPTY },
            reason: if accepted { Slice::EMPTY } else { Slice::of("expected the secret, found another token") },
            expires_at: 0,
            grants: std::ptr::null(),
            grant_count: 0,
        },
    );
}
