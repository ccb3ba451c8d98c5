/** Every scenario; each of these files registers its own. */
import "./calls.ts";
