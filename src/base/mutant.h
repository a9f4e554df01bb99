#pragma once
// Rules that the simulator can break on purpose, to show that its checkers notice. MMM_MUTANT(name) is the constant
// `false` in every build but the simulator's own build of the cores, which defines it first (its mutant.h lists the names).

#ifndef MMM_MUTANT  // the simulator's build forces sim/mutant.h in before everything else
#define MMM_MUTANT(name) false
#endif
