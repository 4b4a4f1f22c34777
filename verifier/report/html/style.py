"""The style of HTML reports: dark and light, narrow and wide, on paper; no font and no image from anywhere."""

_SIGNS = "--good:#0a6b2d;--bad:#a8131b;--doubt:#7a4b00;--mark:#fff0b8;--old:#fde8e8;--new:#e2f5e7;--focus:#0b57d0"
"""Colours on a light ground, which paper is whatever the screen shows."""

STYLE = (
    f":root{{color-scheme:light dark;--ink:#1d2129;--dim:#5b6470;--page:#fff;--card:#f6f7f9;--line:#d4d9e0;{_SIGNS}}}"
    """
@media (prefers-color-scheme:dark){:root{--ink:#e4e7eb;--dim:#a3acb8;--page:#15181d;--card:#1e2229;--line:#3a414c;
--good:#6fd08c;
--bad:#ff8f8f;
--doubt:#f0b75c;--mark:#57480f;
--old:#4a2427;--new:#1d3f2a;--focus:#8ab4f8}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:96rem;padding:1.5rem;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2rem 0 .5rem;overflow-wrap:anywhere}h3{font-size:1rem;
margin:1rem 0 .25rem}
p{margin:.25rem 0}a{color:inherit}.dim{color:var(--dim)}
table{border-collapse:collapse;width:100%;margin:.5rem 0}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{color:var(--dim);font-weight:600}
td:first-child{white-space:nowrap}
.proved,.less,.equivalent{color:var(--good);font-weight:600}
.refuted,.more,.incomparable{color:var(--bad);font-weight:600}
.unknown{color:var(--doubt);font-weight:600}.excused{color:var(--dim);font-weight:600}.bound{white-space:normal}
.choice{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.8rem 0;padding:0;border:0}
.choice legend{float:left;color:var(--dim)}
.choice label{cursor:pointer;white-space:nowrap}
main:has(#only-bad:checked) .fares:not(.bad),main:has(#only-doubt:checked) .fares:not(.doubt),
main:has(#only-good:checked) .fares:not(.good),main:has(#only-dim:checked) .fares:not(.dim){display:none}
details{border:1px solid var(--line);border-radius:.4rem;margin:.6rem 0;background:var(--card)}
summary{padding:.5rem .8rem;cursor:pointer;overflow-wrap:anywhere}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.inside{padding:0 .8rem .8rem}
.two{display:grid;grid-template-columns:minmax(0,11fr) minmax(0,9fr);gap:1rem}
.sides{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
@media (max-width:60rem){.two{grid-template-columns:minmax(0,1fr)}}
@media (min-width:45rem){th{overflow-wrap:normal}}
pre{margin:.25rem 0;font:13px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
ul{margin:.25rem 0;padding-left:1.4rem}li,p,code{overflow-wrap:anywhere}code{font:13px/1.45 ui-monospace,monospace}
.policy{border:1px solid var(--line);border-radius:.3rem;background:var(--page);padding:.4rem 0;margin:0 0 .8rem}
.policy span{display:block;padding:0 .6rem 0 4.2rem;text-indent:-3.6rem}
.policy i{display:inline-block;width:3rem;text-indent:0;
text-align:right;margin-right:.6rem;color:var(--dim);font-style:normal;user-select:none}
.policy .used{background:var(--mark)}.policy .old{background:var(--old)}.policy .new{background:var(--new)}
.policy .gap{color:var(--dim)}
figure{margin:1rem 0}figcaption{color:var(--dim);margin-bottom:.3rem}
svg{width:100%;height:auto;font:13px system-ui,sans-serif}
svg rect{fill:var(--card);stroke:var(--line)}svg .key{stroke:var(--ink);stroke-width:2}svg .deny{stroke:var(--bad)}
svg text{fill:var(--ink)}svg .small{fill:var(--dim);font-size:11px}
svg path{fill:none;stroke:var(--dim);stroke-width:1.2}
svg rect.story{stroke:var(--bad)}svg path.story{stroke:var(--bad);stroke-width:1.6}
footer{margin-top:2rem;color:var(--dim);border-top:1px solid var(--line);padding-top:.5rem}
@media print{body{max-width:none;padding:0;font-size:11px}pre,code{font-size:9px}details{break-inside:auto}
summary{break-after:avoid}
details::details-content{content-visibility:visible;block-size:auto;display:block}.two{
grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
"""
    f":root{{--page:#fff;--card:#fff;--ink:#000;--dim:#444;--line:#999;{_SIGNS}}}}}"
    "\n"
)
