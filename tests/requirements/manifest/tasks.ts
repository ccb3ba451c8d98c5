/** Tasks of 2025-11-25: calls that go on after their answer. */
import type { Exception, Manifest, Requirement } from "../requirement.ts";

const except: readonly Exception[] = [
  {
    where: { backend: "stateless" },
    because: "The stateless revision has no tasks of its own; they are an extension there.",
  },
];

function task(sentence: string, section: string): Requirement {
  return {
    feature: "tasks",
    sentence,
    spec: `basic/utilities/tasks#${section}`,
    since: "2025-11-25",
    until: "2025-11-25",
    except,
  };
}

export const tasks: Manifest = {
  "tasks:created": task(
    "A call that asks for a task is answered with one, under the server's id.",
    "creating-tasks",
  ),
  "tasks:get": task("What a task is doing is told by its server.", "getting-tasks"),
  "tasks:result": task(
    "The result of a task is waited for and is what the call would have answered.",
    "retrieving-task-results",
  ),
  "tasks:list": task(
    "A session lists the tasks of its own calls, at all servers, and no others.",
    "listing-tasks",
  ),
  "tasks:cancel": task("A task that its client cancels is cancelled at its server.", "cancelling-tasks"),
  "tasks:status": task(
    "That a task's status changed is told to the session whose call made it.",
    "task-status-notification",
  ),
  "tasks:of-others": task(
    "Another session can neither see, nor fetch, nor cancel it.",
    "task-isolation-and-access-control",
  ),
  "tasks:unknown": task("A task that is none is refused with -32602.", "protocol-errors"),
};
