/** Every scenario; each of these files registers its own. */
import "./lists.ts";
import "./calls.ts";
import "./meanwhile.ts";
import "./resources.ts";
import "./subscriptions.ts";
import "./logging.ts";
import "./questions.ts";
