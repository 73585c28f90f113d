// What pages of staff load: htmx, which replaces parts of a page by what the
// server renders, and its server-sent events. Its settings stand in the layout.
import "htmx.org";
import "htmx.org/dist/ext/hx-sse.js";
