/* A plugin for QEMU's translator: counts the instructions that run between two functions of the guest.
 *
 *     qemu ... -plugin count.so,begin=ADDR,end=ADDR,from=ADDR,to=ADDR,out=FILE
 *
 * What runs after the function at `begin` returns and before the one at `end` is entered counts; bytes that the
 * counted instructions load from `from`..`to` (the model) count too, since one instruction may load many words. FILE gets
 * a line `calls C instructions N bytes B`, then for each translated block `address instructions times`: the profile.
 *
 * Blocks are counted as wholes, which is exact: a call ends a block, so both functions begin one, and nothing here
 * leaves a block in its middle. QEMU's packages come without its header; these are the declarations needed.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { CB_NO_REGS = 0, MEM_RW = 3 };
typedef void (*tb_trans_cb)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*exec_cb)(unsigned, void *);
typedef void (*mem_cb)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *);
typedef void (*exit_cb)(qemu_plugin_id_t, void *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, tb_trans_cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, exec_cb, int, void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, mem_cb, int, int, void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, exit_cb, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);

#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION 1
#endif
#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = PLUGIN_VERSION;

struct block {
    uint64_t address, instructions, times;
    struct block *next;
};

static uint64_t begin, end, from, to;
static const char *out;
static bool counting;
static uint64_t calls, bytes;
static struct block *blocks;

static void executed(unsigned cpu, void *data)
{
    struct block *block = data;
    (void)cpu;
    if (block->address == begin) {
        counting = true;
        calls++;
    } else if (block->address == end) {
        counting = false;
    } else if (counting) {
        block->times++;
    }
}

static void loaded(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)cpu;
    (void)data;
    if (counting && address >= from && address < to && !qemu_plugin_mem_is_store(info)) {
        bytes += UINT64_C(1) << qemu_plugin_mem_size_shift(info);
    }
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    struct block *block = calloc(1, sizeof *block);
    (void)id;
    if (!block) {
        abort();
    }
    block->address = qemu_plugin_tb_vaddr(tb);
    block->instructions = qemu_plugin_tb_n_insns(tb);
    block->next = blocks;
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, CB_NO_REGS, block);
    for (size_t i = 0; i < block->instructions; i++) {
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), loaded, CB_NO_REGS, MEM_RW, NULL);
    }
}

static void finished(qemu_plugin_id_t id, void *data)
{
    uint64_t instructions = 0;
    FILE *file = fopen(out, "w");
    (void)id;
    (void)data;
    if (!file) {
        perror(out);
        return;
    }
    for (struct block *b = blocks; b; b = b->next) {
        instructions += b->instructions * b->times;
    }
    fprintf(file, "calls %" PRIu64 " instructions %" PRIu64 " bytes %" PRIu64 "\n", calls, instructions, bytes);
    for (struct block *b = blocks; b; b = b->next) {
        if (b->times) {
            fprintf(file, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", b->address, b->instructions, b->times);
        }
    }
    fclose(file);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (!value) {
            return 1;
        }
        *value++ = '\0';
        if (!strcmp(argv[i], "out")) {
            out = strdup(value);
            continue;
        }
        uint64_t address = strtoull(value, NULL, 16);
        if (!strcmp(argv[i], "begin")) {
            begin = address & ~UINT64_C(1); /* a Thumb function's address is odd */
        } else if (!strcmp(argv[i], "end")) {
            end = address & ~UINT64_C(1);
        } else if (!strcmp(argv[i], "from")) {
            from = address;
        } else if (!strcmp(argv[i], "to")) {
            to = address;
        } else {
            return 1;
        }
    }
    if (!begin || !end || !out) {
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
