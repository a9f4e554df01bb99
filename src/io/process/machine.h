#pragma once
// Which machine this is, and which of its boots.

#include <string>

#include "base/result.h"
#include "base/time.h"

namespace mmm {

// The id given at installation, 32 hexadecimal digits (machine-id(5)). Clones of one virtual machine share it.
Result<std::string> machine_id();

// New with every boot of the kernel (random(4)). Instants of two boots must not be compared.
Result<std::string> boot_id();

// Since the boot, sleep included: CLOCK_BOOTTIME.
Duration uptime();

}  // namespace mmm
