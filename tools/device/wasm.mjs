// Runs a program that was built for WebAssembly, with the machine around it that the program expects: semihosting
// and the stack pointer.
//
//     node wasm.mjs PROGRAM            runs it in the current folder
//     node wasm.mjs --sizes PROGRAM    prints the bytes of code and of constants

import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";

const [first, second] = process.argv.slice(2);
if (first === "--sizes") {
    sizes(readFileSync(second));
} else {
    run(new WebAssembly.Module(readFileSync(first)));
}

function run(module) {
    // A call of semihosting: its number, and where in memory its arguments lie.
    const semihosting = (operation, at) => {
        const memory = new Uint8Array(program.memory.buffer);
        const view = new DataView(program.memory.buffer);
        const argument = (i) => view.getUint32(at + 4 * i, true);
        const text = (from, to) => new TextDecoder().decode(memory.subarray(from, to));
        switch (operation) {
            case 0x01: // SYS_OPEN
                try {
                    return openSync(text(argument(0), argument(0) + argument(2)), "r");
                } catch {
                    return -1;
                }
            case 0x02: // SYS_CLOSE
                closeSync(argument(0));
                return 0;
            case 0x04: // SYS_WRITE0
                writeSync(1, text(at, memory.indexOf(0, at)));
                return 0;
            case 0x06: // SYS_READ
                return argument(2) - readSync(argument(0), memory, argument(1), argument(2));
            case 0x18: // SYS_EXIT
                process.exit(at === 0x20026 ? 0 : 1);
            default:
                throw new Error(`semihosting operation ${operation} is not there`);
        }
    };
    const stack_pointer = () => program.__stack_pointer.value;
    const program = new WebAssembly.Instance(module, { host: { semihosting, stack_pointer } }).exports;
    program.program();
}

// Sections of a module: an id, a length, contents. 10 is the code, 11 the data.
function sizes(bytes) {
    let at = 8;
    const found = new Map();
    const number = () => {
        for (let value = 0, shift = 0; ; shift += 7) {
            value += (bytes[at] & 127) * 2 ** shift;
            if (bytes[at++] < 128) return value;
        }
    };
    while (at < bytes.length) {
        const id = bytes[at++];
        found.set(id, number());
        at += found.get(id);
    }
    console.log(found.get(10) ?? 0, found.get(11) ?? 0);
}
