/* A stand-in for libnvidia-ml.so.1, for tests. Compiled by conftest.py, put on LD_LIBRARY_PATH.
 *
 * SPECPROF_FAKE_NVML says how it behaves; several settings are separated by ';':
 *   ok | mismatch | not_loaded | no_device | hang | abort            at initialisation
 *   unsupported_power | forbidden_clocks | thermal | garbage | flaky_temperature | old_driver
 *   foreign:PID,PID                                                  compute processes on the GPU
 *   drawing:PID | nameless | forbidden_processes                     a graphics process; what is not told of them
 *   lost_after:N | reset_after:N | abort_after:N | hang_after:N | forbidden_power_after:N   after N samples
 * A sample is counted at each reading of the utilisation.
 *
 * Two GPUs, and a MIG slice on the first. Codes and layouts are those of nvml.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4, NOT_FOUND = 6,
       INSUFFICIENT_SIZE = 7, NOT_LOADED = 9, FUNCTION_NOT_FOUND = 13, LOST = 15, RESET_REQUIRED = 16,
       MISMATCH = 18, UNKNOWN = 999 };

typedef struct { const char *uuid, *name; unsigned long long memory; int is_slice; } Device;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } MemoryV2;
typedef struct { unsigned gpu, memory; } Utilization;
typedef struct { unsigned version, sensor; int temperature; } Temperature;
typedef struct { unsigned pid; unsigned long long memory; unsigned gpu_instance, compute_instance; } Process;

#define GIB (1ULL << 30)

const int specprof_fake_nvml = 1;

static Device devices[] = {
    {"GPU-00000000-1111-2222-3333-444444444444", "Fake GPU A", 80 * GIB, 0},
    {"GPU-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "Fake GPU B", 24 * GIB, 0},
    {"MIG-99999999-8888-7777-6666-555555555555", "Fake GPU A MIG 1g.10gb", 10 * GIB, 1},
};
static long samples = 0;

/* What follows the setting's name and its ':', or NULL where it is not set. */
static const char *setting(const char *name) {
    const char *all = getenv("SPECPROF_FAKE_NVML");
    size_t length = strlen(name);
    while (all && *all) {
        if (!strncmp(all, name, length) && (all[length] == 0 || all[length] == ';' || all[length] == ':'))
            return all + length + (all[length] == ':');
        all = strchr(all, ';');
        if (all) all++;
    }
    return NULL;
}

static int past(const char *name) {
    const char *after = setting(name);
    return after && samples > atol(after);
}

static void hang(void) { for (;;) pause(); }

/* How every call on a device begins. */
static int begin(void) {
    if (past("abort_after")) abort();
    if (past("hang_after")) hang();
    if (past("lost_after")) return LOST;
    if (past("reset_after")) return RESET_REQUIRED;
    return SUCCESS;
}
#define BEGIN do { int code = begin(); if (code) return code; } while (0)

static int text(char *out, unsigned size, const char *value) {
    if (strlen(value) >= size) return INSUFFICIENT_SIZE;
    strcpy(out, value);
    return SUCCESS;
}

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    if (setting("mismatch")) return MISMATCH;
    if (setting("not_loaded")) return NOT_LOADED;
    if (setting("hang")) hang();
    if (setting("abort")) abort();
    return SUCCESS;
}
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int code) { (void)code; return "an error of the fake"; }

int nvmlSystemGetDriverVersion(char *out, unsigned size) { return text(out, size, "570.00"); }
int nvmlSystemGetCudaDriverVersion(int *version) { *version = 12080; return SUCCESS; }

int nvmlDeviceGetCount_v2(unsigned *count) { *count = setting("no_device") ? 0 : 2; return SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **device) {
    if (index >= 2) return INVALID_ARGUMENT;
    *device = &devices[index];
    return SUCCESS;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, Device **device) {
    BEGIN;
    for (int i = 0; i < 3; i++)
        if (!strcmp(uuid, devices[i].uuid)) { *device = &devices[i]; return SUCCESS; }
    return NOT_FOUND;
}
int nvmlDeviceIsMigDeviceHandle(Device *device, unsigned *is_slice) { *is_slice = device->is_slice; return SUCCESS; }
int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(Device *slice, Device **gpu) {
    (void)slice;
    *gpu = &devices[0];
    return SUCCESS;
}
int nvmlDeviceGetUUID(Device *device, char *out, unsigned size) { return text(out, size, device->uuid); }
int nvmlDeviceGetName(Device *device, char *out, unsigned size) { return text(out, size, device->name); }

int nvmlDeviceGetUtilizationRates(Device *device, Utilization *rates) {
    samples++;
    BEGIN;
    if (device->is_slice) return NOT_SUPPORTED;
    rates->gpu = setting("garbage") ? 0xFFFFFFFFu : 87;
    rates->memory = 41;
    return SUCCESS;
}
int nvmlDeviceGetMemoryInfo(Device *device, Memory *memory) {
    BEGIN;
    *memory = (Memory){device->memory, device->memory - 3 * GIB, 3 * GIB};
    return SUCCESS;
}
int nvmlDeviceGetMemoryInfo_v2(Device *device, MemoryV2 *memory) {
    BEGIN;
    if (setting("old_driver")) return FUNCTION_NOT_FOUND;
    *memory = (MemoryV2){memory->version, device->memory, GIB, device->memory - 3 * GIB, 2 * GIB};
    return SUCCESS;
}
int nvmlDeviceGetPowerUsage(Device *device, unsigned *milliwatts) {
    BEGIN;
    if (device->is_slice || setting("unsupported_power")) return NOT_SUPPORTED;
    if (past("forbidden_power_after")) return NO_PERMISSION;
    *milliwatts = setting("garbage") ? 0xFFFFFFFFu : 412500;
    return SUCCESS;
}
int nvmlDeviceGetTotalEnergyConsumption(Device *device, unsigned long long *millijoules) {
    BEGIN;
    if (device->is_slice) return NOT_SUPPORTED;
    *millijoules = 5000000ULL + 41250ULL * samples;
    return SUCCESS;
}
int nvmlDeviceGetTemperature(Device *device, unsigned sensor, unsigned *celsius) {
    (void)device; (void)sensor;
    BEGIN;
    *celsius = 61;
    return SUCCESS;
}
int nvmlDeviceGetTemperatureV(Device *device, Temperature *reading) {
    (void)device;
    BEGIN;
    if (setting("old_driver")) return FUNCTION_NOT_FOUND;
    if (setting("flaky_temperature") && samples % 2) return UNKNOWN;
    reading->temperature = setting("garbage") ? -2147483647 : 58;
    return SUCCESS;
}
int nvmlDeviceGetClockInfo(Device *device, unsigned clock, unsigned *mhz) {
    BEGIN;
    if (device->is_slice) return INVALID_ARGUMENT;
    if (setting("forbidden_clocks")) return NO_PERMISSION;
    *mhz = clock == 1 ? 1980 : 2619;
    return SUCCESS;
}
static int clock_events(unsigned long long *bits) {
    BEGIN;
    *bits = setting("thermal") ? 0x48 : 0x1;
    return SUCCESS;
}
int nvmlDeviceGetCurrentClocksEventReasons(Device *device, unsigned long long *bits) {
    (void)device;
    return setting("old_driver") ? FUNCTION_NOT_FOUND : clock_events(bits);
}
int nvmlDeviceGetCurrentClocksThrottleReasons(Device *device, unsigned long long *bits) {
    (void)device;
    return clock_events(bits);
}
int nvmlDeviceGetMaxClockInfo(Device *device, unsigned clock, unsigned *mhz) {
    (void)device;
    if (setting("forbidden_clocks")) return NO_PERMISSION;
    *mhz = setting("garbage") ? 0xFFFFFFFFu : clock == 1 ? 2100 : 2619;
    return SUCCESS;
}
int nvmlSystemGetProcessName(unsigned pid, char *out, unsigned size) {
    (void)pid;
    return setting("nameless") ? NO_PERMISSION : text(out, size, "/opt/lab/bin/trainer --lr 0.1");
}
static int processes_of(const char *pids, unsigned *count, Process *processes) {
    unsigned found = 0;
    BEGIN;
    if (setting("forbidden_processes")) return NO_PERMISSION;
    while (pids && *pids && *pids != ';') {
        if (found < *count) processes[found] = (Process){(unsigned)strtoul(pids, NULL, 10), GIB, 0, 0};
        found++;
        pids += strcspn(pids, ",;");
        if (*pids == ',') pids++;
    }
    int fits = found <= *count;
    *count = found;
    return fits ? SUCCESS : INSUFFICIENT_SIZE;
}
int nvmlDeviceGetComputeRunningProcesses_v3(Device *device, unsigned *count, Process *processes) {
    (void)device;
    return processes_of(setting("foreign"), count, processes);
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(Device *device, unsigned *count, Process *processes) {
    (void)device;
    return processes_of(setting("drawing"), count, processes);
}
