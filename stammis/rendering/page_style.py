"""The styles of the pages that show messages, and the script that makes a frame as high as its message."""

STYLE = """
:root { color-scheme: light dark; --paper: light-dark(#f4f2ee, #191816); --card: light-dark(#fff, #24221f);
  --ink: light-dark(#23211e, #edeae4); --quiet: light-dark(#6d675f, #a39c92); --line: light-dark(#e3ded6, #3a3632);
  --mark: light-dark(#a5502f, #e39a78); --sms: light-dark(#e9e9eb, #3a3a3d); --sms-ink: light-dark(#111, #f3f3f4); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
header, main { max-width: 1274px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 40px; }
h1 { margin: 0; font-size: 34px; line-height: 1.15; letter-spacing: -.02em; }
header p { margin: 6px 0 20px; color: var(--quiet); }
i { font-style: normal; color: var(--quiet); font-weight: 400; }
b { font-weight: 600; color: var(--mark); font-variant-numeric: tabular-nums; }
nav { display: flex; flex-wrap: wrap; gap: 8px; }
nav a { padding: 5px 14px; border: 1px solid var(--line); border-radius: 99px; background: var(--card);
  color: inherit; text-decoration: none; font-size: 14px; }
nav a:hover, nav a:focus-visible { border-color: var(--mark); }
section { padding-top: 44px; }
h2 { position: sticky; top: 0; z-index: 1; margin: 0 0 16px; padding: 10px 0; background: var(--paper);
  border-bottom: 1px solid var(--line); font-size: 20px; letter-spacing: -.01em; }
h2 i::before { content: "· "; }
h2 b { float: right; }
section > div { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(390px, 100%), 390px));
  gap: 28px; align-items: start; }
article { width: 100%; overflow: hidden; border: 1px solid var(--line); border-radius: 18px;
  background: var(--card); box-shadow: 0 1px 2px rgb(0 0 0 / .05), 0 10px 28px rgb(0 0 0 / .06); }
.about { padding: 14px 18px 12px; border-bottom: 1px solid var(--line); }
h3 { margin: 0 0 4px; font-size: 16px; line-height: 1.35; overflow-wrap: anywhere; }
.about p { display: flex; align-items: baseline; gap: 10px; margin: 0; font-size: 13px; color: var(--quiet); }
.about span:first-child { flex: 1; overflow-wrap: anywhere; }
.tag { padding: 0 7px; border: 1px solid var(--line); border-radius: 6px; font-size: 12px; }
.about a { color: var(--mark); text-decoration: none; }
.about a:hover { text-decoration: underline; }
iframe { display: block; width: 100%; height: 640px; border: 0; background: var(--card); }
.sms { padding: 22px 18px 26px; }
.sms p { width: fit-content; max-width: 88%; margin: 0; padding: 10px 14px;
  border-radius: 20px 20px 20px 5px; background: var(--sms); color: var(--sms-ink);
  white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.4; }
.plain { padding: 18px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 14px; }
.nothing { margin: 18vh 0; text-align: center; color: var(--quiet); font-size: 19px; }
@media (max-width: 460px) { header, main { padding-left: 12px; padding-right: 12px; } }
"""

# Measured without a scrollbar, which would make the message narrower and so higher; again when the window changes.
FIT_FRAMES = """
for (const frame of document.querySelectorAll("iframe")) {
  const fit = () => {
    const message = frame.contentDocument.documentElement;
    message.style.overflow = "hidden";
    frame.style.height = message.offsetHeight + "px";
  };
  const begin = () => new ResizeObserver(fit).observe(frame);
  frame.addEventListener("load", begin);
  const message = frame.contentDocument;
  if (message && message.URL === "about:srcdoc" && message.readyState === "complete") begin();
}
"""
