// SPDX-License-Identifier: MIT OR Apache-2.0

//! Small kernels: what is compared, and what is told of one that differs.

use secpol::abi::Abi;

use super::compare;

/// A kernel's types, written down.
#[derive(Clone, Default)]
struct Kernel {
    types: Vec<u8>,
    text: Vec<u8>,
    count: u32,
}

const INT: u32 = 1;
const POINTER: u32 = 2;
const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const TYPEDEF: u32 = 8;
const CONST: u32 = 10;
const FUNCTION: u32 = 12;
const PROTOTYPE: u32 = 13;

impl Kernel {
    fn name(&mut self, name: &str) -> u32 {
        if self.text.is_empty() {
            self.text.push(0);
        }
        if name.is_empty() {
            return 0;
        }
        let place = self.text.len();
        self.text.extend(name.bytes().chain([0]));
        place as u32
    }

    /// Adds a type; returns its number.
    fn add(&mut self, name: &str, kind: u32, count: u32, size: u32, rest: &[u32]) -> u32 {
        let name = self.name(name);
        for word in [&[name, (kind << 24) | count, size], rest].concat() {
            self.types.extend(word.to_le_bytes());
        }
        self.count += 1;
        self.count
    }

    fn int(&mut self, bytes: u32, signed: bool) -> u32 {
        self.add(
            "n",
            INT,
            0,
            bytes,
            &[(u32::from(signed) << 24) | (8 * bytes)],
        )
    }

    /// Members: name, type, offset in bytes.
    fn record(&mut self, name: &str, kind: u32, size: u32, members: &[(&str, u32, u32)]) -> u32 {
        let rest: Vec<u32> = members
            .iter()
            .flat_map(|(name, id, offset)| [self.name(name), *id, 8 * offset])
            .collect();
        self.add(name, kind, members.len() as u32, size, &rest)
    }

    fn function(&mut self, name: &str, arguments: &[(&str, u32)]) {
        let rest: Vec<u32> = arguments
            .iter()
            .flat_map(|(name, id)| [self.name(name), *id])
            .collect();
        let prototype = self.add("", PROTOTYPE, arguments.len() as u32, 0, &rest);
        self.add(name, FUNCTION, 0, prototype, &[]);
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0x9f, 0xeb, 1, 0];
        let (types, text) = (self.types.len() as u32, self.text.len() as u32);
        for word in [24, 0, types, types, text] {
            bytes.extend(word.to_le_bytes());
        }
        [bytes, self.types.clone(), self.text.clone()].concat()
    }

    fn compared(&self) -> Result<String, String> {
        compare(&self.bytes(), Abi::X86_64)
    }
}

/// How a kernel is, and how one is that differs.
struct Shape {
    offset: u32,
    bytes: u32,
    signed: bool,
    size: u32,
    big_endian: &'static str,
    target: &'static str,
    argument: &'static str,
    sign: bool,
}

const RIGHT: Shape = Shape {
    offset: 16,
    bytes: 8,
    signed: false,
    size: 24,
    big_endian: "__be16",
    target: "open_how",
    argument: "how",
    sign: true,
};

fn kernel(shape: &Shape) -> Kernel {
    let mut kernel = Kernel::default();
    let wide = kernel.int(8, false);
    let resolve = kernel.int(shape.bytes, shape.signed);
    let how = [
        ("flags", wide, 0),
        ("mode", wide, 8),
        ("resolve", resolve, shape.offset),
    ];
    let how = kernel.record("open_how", STRUCT, shape.size, &how);
    let target = match shape.target {
        "open_how" => how,
        other => kernel.record(other, STRUCT, 24, &[]),
    };
    let constant = kernel.add("", CONST, 0, target, &[]);
    let pointer = kernel.add("", POINTER, 0, constant, &[]);
    let int = kernel.int(4, shape.sign);
    let size = kernel.add("size_t", TYPEDEF, 0, wide, &[]);
    let arguments = [
        ("dfd", int),
        ("filename", pointer),
        (shape.argument, pointer),
        ("usize", size),
    ];
    kernel.function("__do_sys_openat2", &arguments);
    // An address, whose words are in a union in a struct.
    let half = kernel.int(2, false);
    let port = kernel.add(shape.big_endian, TYPEDEF, 0, half, &[]);
    let word = kernel.int(4, false);
    let network = kernel.add("__be32", TYPEDEF, 0, word, &[]);
    let words = kernel.add("", ARRAY, 0, 0, &[network, word, 4]);
    let inner = kernel.record("", UNION, 16, &[("u6_addr32", words, 0)]);
    let address = kernel.record("in6_addr", STRUCT, 16, &[("in6_u", inner, 0)]);
    let members = [
        ("sin6_family", half, 0),
        ("sin6_port", port, 2),
        ("sin6_flowinfo", network, 4),
        ("sin6_addr", address, 8),
        ("sin6_scope_id", word, 24),
    ];
    kernel.record("sockaddr_in6", STRUCT, 28, &members);
    kernel
}

#[test]
fn what_is_told_of_is_compared() {
    let told = kernel(&RIGHT).compared().unwrap();
    // Each of both ABIs, but for the function.
    let expected = "20 members, 2 sizes, 1 functions; not told of: __kernel_sockaddr_storage, ";
    assert!(told.starts_with(expected), "{told}");
    for missing in ["clone_args", "compat_msghdr", "sockaddr_in,", "user_msghdr"] {
        assert!(told.contains(missing), "{missing}: {told}");
    }
    assert!(!told.contains("open_how"), "{told}");
}

#[test]
fn what_differs_is_told() {
    let differs = |change: fn(&mut Shape), what: &str| {
        let mut shape = RIGHT;
        change(&mut shape);
        let told = kernel(&shape).compared().unwrap_err();
        assert!(told.contains(what), "{what}: {told}");
    };
    differs(|shape| shape.offset = 12, "x86_64 open_how.resolve");
    differs(|shape| shape.bytes = 4, "i386 open_how.resolve");
    differs(|shape| shape.signed = true, "open_how.resolve");
    differs(|shape| shape.size = 32, "size of open_how");
    differs(|shape| shape.size = 16, "size of open_how");
    differs(|shape| shape.big_endian = "__u16", "sockaddr_in6.sin6_port");
    differs(|shape| shape.target = "clone_args", "x86_64 openat2");
    differs(|shape| shape.argument = "uhow", "x86_64 openat2");
    differs(|shape| shape.sign = false, "x86_64 openat2");
}

#[test]
fn nothing_is_no_comparison() {
    let told = Kernel::default().compared().unwrap_err();
    assert!(told.starts_with("only 0 members"), "{told}");
}

#[test]
fn a_member_that_is_gone_is_told() {
    let mut kernel = kernel(&RIGHT);
    let word = kernel.int(8, false);
    kernel.record("mount_attr", STRUCT, 32, &[("attr_set", word, 0)]);
    let told = kernel.compared().unwrap_err();
    assert!(told.contains("x86_64 mount_attr.attr_clr"), "{told}");
}

#[test]
fn what_is_damaged_is_no_kernel() {
    let whole = kernel(&RIGHT).bytes();
    for end in 0..whole.len() {
        assert!(compare(&whole[..end], Abi::X86_64).is_err(), "{end}");
    }
    // Any byte, with other values: it is told, or still a kernel.
    for place in 0..whole.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[place] = value;
            let _ = compare(&damaged, Abi::X86_64);
        }
    }
    // A name for itself.
    let mut kernel = kernel(&RIGHT);
    let own = kernel.count + 1;
    kernel.add("loop", TYPEDEF, 0, own, &[]);
    kernel.record("clone_args", STRUCT, 88, &[("flags", own, 0)]);
    let told = kernel.compared().unwrap_err();
    assert!(told.contains("without end"), "{told}");
}
