/** Every scenario; each of these files registers its own. */
import "./lifecycle.ts";
import "./lists.ts";
import "./calls.ts";
import "./meanwhile.ts";
import "./resources.ts";
import "./subscriptions.ts";
import "./logging.ts";
import "./questions.ts";
import "./attribution.ts";
import "./transport.ts";
import "./streamable-http.ts";
import "./stateless.ts";
import "./stateless-rounds.ts";
import "./tasks.ts";
