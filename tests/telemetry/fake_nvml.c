/* A stand-in for libnvidia-ml.so.1, for tests. Compiled by conftest.py, put on LD_LIBRARY_PATH.
 *
 * SPECPROF_FAKE_NVML says how it behaves; several settings are separated by ';':
 *   ok | mismatch | not_loaded | no_device | hang | abort            at initialisation
 *   unsupported_power | forbidden_clocks | thermal | garbage | flaky_temperature | old_driver
 *   power_violation:NS | thermal_violation:NS    nanoseconds by which the counter grows with each sample
 *   ecc_uncorrected:N | ecc_corrected:N          errors by which the counter grows with each sample
 *   cooling:MHZ                                  the first GPU's SM clock falls by so many MHz with each sample
 *   no_violations | no_ecc                       the counters that are not offered or not supported
 *   events:BITS | application_clock:MHZ | power_limit:W | hot | display | no_persistence | ecc_off | ecc_pending_off |
 *   ecc_clean | mig | compute:MODE | utilization:PCT    what a GPU's health is
 *   no_health | forbidden_health                 none of that is supported, or this user may not read it
 *   foreign:PID,PID                                                  compute processes on the GPU
 *   drawing:PID | nameless | forbidden_processes                     a graphics process; what is not told of them
 *   slow_after:N            one call takes a second after N samples
 *   abort_once_after:N:PATH aborts after N samples where there is no file PATH, and makes it
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
typedef struct { unsigned long long reference_us, violation_ns; } Violation;
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

/* The number that follows a setting's name; 0 where it is not set. */
static unsigned long long amount(const char *name) {
    const char *value = setting(name);
    return value ? strtoull(value, NULL, 0) : 0;
}

static int past(const char *name) {
    const char *after = setting(name);
    return after && samples > atol(after);
}

static void hang(void) { for (;;) pause(); }

static void abort_once(void) {
    const char *path = strchr(setting("abort_once_after"), ':');
    char name[512];
    if (!path || sscanf(path, ":%511[^;]", name) != 1 || !access(name, F_OK)) return;
    FILE *mark = fopen(name, "w");
    if (mark) fclose(mark);
    abort();
}

static void slow_once(void) {
    static int done = 0;
    if (!done++) sleep(1);
}

/* How every call on a device begins. */
static int begin(void) {
    if (past("abort_after")) abort();
    if (past("abort_once_after")) abort_once();
    if (past("slow_after")) slow_once();
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
    rates->gpu = setting("garbage") ? 0xFFFFFFFFu : setting("utilization") ? amount("utilization") : 87;
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
    *mhz = clock == 1 ? 1980 - (device == devices ? amount("cooling") * samples : 0) : 2619;
    return SUCCESS;
}
int nvmlDeviceGetViolationStatus(Device *device, unsigned policy, Violation *violation) {
    BEGIN;
    if (device->is_slice) return NOT_SUPPORTED;
    if (setting("no_violations")) return FUNCTION_NOT_FOUND;
    if (policy > 1) return INVALID_ARGUMENT;
    *violation = (Violation){1, 2000000000ULL + samples * amount(policy ? "thermal_violation" : "power_violation")};
    if (setting("garbage")) violation->violation_ns = ~0ULL;
    return SUCCESS;
}
int nvmlDeviceGetTotalEccErrors(Device *device, unsigned kind, unsigned counter, unsigned long long *count) {
    BEGIN;
    if (counter != 0) return INVALID_ARGUMENT;
    if (setting("no_ecc") || (device->is_slice && kind == 0)) return NOT_SUPPORTED;
    *count = setting("garbage") ? ~0ULL : (setting("ecc_clean") ? 0 : 7) + samples * amount(kind ? "ecc_uncorrected" : "ecc_corrected");
    return SUCCESS;
}
static int clock_events(unsigned long long *bits) {
    BEGIN;
    *bits = setting("thermal") ? 0x48 : setting("events") ? amount("events") : 0x1;
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

/* A GPU's health: how it is set. */
static int begin_health(void) {
    BEGIN;
    if (setting("forbidden_health")) return NO_PERMISSION;
    return setting("no_health") ? NOT_SUPPORTED : SUCCESS;
}
#define HEALTH(NAME, VALUE) \
    int NAME(Device *device, unsigned *value) { \
        (void)device; \
        int code = begin_health(); \
        if (!code) *value = setting("garbage") ? 0xFFFFFFFFu : (unsigned)(VALUE); \
        return code; \
    }
#define HEALTH_OF(NAME, VALUE) \
    int NAME(Device *device, unsigned kind, unsigned *value) { \
        (void)device; (void)kind; \
        int code = begin_health(); \
        if (!code) *value = setting("garbage") ? 0xFFFFFFFFu : (unsigned)(VALUE); \
        return code; \
    }
#define HEALTH_PAIR(NAME, FIRST, SECOND) \
    int NAME(Device *device, unsigned *first, unsigned *second) { \
        (void)device; \
        int code = begin_health(); \
        if (!code) { *first = (FIRST); *second = (SECOND); } \
        return code; \
    }
HEALTH(nvmlDeviceGetArchitecture, 9)
HEALTH(nvmlDeviceGetEnforcedPowerLimit, setting("power_limit") ? 1000 * amount("power_limit") : 600000)
HEALTH(nvmlDeviceGetPowerManagementDefaultLimit, 600000)
HEALTH(nvmlDeviceGetDisplayActive, setting("display") != NULL)
HEALTH(nvmlDeviceGetDisplayMode, setting("display") != NULL)
HEALTH(nvmlDeviceGetPersistenceMode, setting("no_persistence") == NULL)
HEALTH(nvmlDeviceGetComputeMode, amount("compute"))
HEALTH_OF(nvmlDeviceGetApplicationsClock, setting("application_clock") ? amount("application_clock") : 2100)
HEALTH_OF(nvmlDeviceGetDefaultApplicationsClock, 2100)
HEALTH_OF(nvmlDeviceGetTemperatureThreshold, setting("hot") ? 62 : 87)
HEALTH_PAIR(nvmlDeviceGetPowerManagementLimitConstraints, 200000, 700000)
HEALTH_PAIR(nvmlDeviceGetEccMode, !setting("ecc_off"), !setting("ecc_off") && !setting("ecc_pending_off"))
HEALTH_PAIR(nvmlDeviceGetMigMode, setting("mig") != NULL, setting("mig") != NULL)

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
