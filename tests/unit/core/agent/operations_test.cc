#include "core/agent/operations.h"

#include <gtest/gtest.h>

namespace mmm::agent {
namespace {

TEST(Operations, WhatTouchesTheWritersRightsSharesALane) {
  for (const Operation& operation : {Operation{StopWrites{}}, Operation{EndSessions{}}, Operation{SemiSyncSource{true}}})
    EXPECT_EQ(lane_of(operation), Lane::writer) << to_string(operation);
}

TEST(Operations, ReplicationAndObservationCantDelayTheWriter) {
  for (const Operation& operation : {Operation{Follow{}}, Operation{StopReplication{}}, Operation{StartReplication{}},
                                     Operation{StopReceiver{}}, Operation{StopApplier{}}, Operation{StartApplier{}}})
    EXPECT_EQ(lane_of(operation), Lane::replication) << to_string(operation);
  EXPECT_EQ(lane_of(Observe{}), Lane::observation);
}

TEST(Operations, ACommandDelaysNothingElse) { EXPECT_EQ(lane_of(FenceCommand{Generation{7}, true}), Lane::command); }

TEST(Operations, TheKernelIsAskedBesidesTheServer) {
  for (const Operation& operation : {Operation{PutReaderAddress{"10.0.0.90", 10s}}, Operation{DropAddress{"10.0.0.90"}},
                                     Operation{Announce{"10.0.0.90"}}, Operation{StageLease{2s}}, Operation{ArmLease{1}},
                                     Operation{CloseFence{}}})
    EXPECT_EQ(lane_of(operation), Lane::kernel) << to_string(operation);
}

TEST(Operations, AreNamedForTheLog) {
  EXPECT_EQ(to_string(Operation{StopWrites{}}), "set read_only");
  EXPECT_EQ(to_string(Operation{Follow{"db2", "10.0.0.5", 3306}}), "replicate from db2 (10.0.0.5:3306)");
  EXPECT_EQ(to_string(Operation{DropAddress{"10.0.0.80"}}), "drop 10.0.0.80");
  EXPECT_NE(to_string(Operation{SemiSyncSource{true}}), to_string(Operation{SemiSyncSource{false}}));
  EXPECT_NE(to_string(Operation{StopApplier{}}), to_string(Operation{StartApplier{}}));
}

// Goal: what is under way is known by its name. A pin waits for no lease that is being staged, nor that for a pin.
TEST(Operations, APinIsStagedUnderANameOfItsOwn) {
  EXPECT_NE(to_string(Operation{StageLease{2s}}), to_string(Operation{StageLease{std::nullopt}}));
}

}  // namespace
}  // namespace mmm::agent
