#include "io/store/worker.h"

#include "io/store/file.h"

namespace mmm {

Task<Status> Worker::write_durably_async(std::string path, std::string text, Deadline deadline) {
  auto what = "write " + path;
  std::function<Status()> job = [path = std::move(path), text = std::move(text)] { return write_durably(path, text); };
  co_return co_await run<void>(std::move(what), std::move(job), deadline);
}

}  // namespace mmm
