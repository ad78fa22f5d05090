"""The style sheet of the page: phone and desk, light and dark, screen and paper."""

from __future__ import annotations

from edgewright.report.palette import DARK, LEVELS, LIGHT

_BASE = """
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%;
 font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;
 font-variant-numeric:tabular-nums}
body{margin:0 auto;max-width:71rem;padding:0 1rem 3rem;overflow-wrap:anywhere}
header{padding:2.5rem 0 .5rem}
h1{font-size:clamp(1.7rem,1.2rem + 2vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:0}
.subtitle{color:var(--muted);font-size:1.08rem;margin:.5rem 0 0;max-width:46rem}
h2{font-size:1.35rem;line-height:1.25;letter-spacing:-.01em;margin:0 0 .9rem}
section{margin-top:2.6rem}
dl,p{margin:0}
p{max-width:46rem}
.warning{border-left:4px solid var(--orange);padding:.15rem 0 .15rem .9rem}
.note,figcaption .note{color:var(--muted);font-size:.9rem;margin-top:.55rem}
main section>*+*{margin-top:1.1rem}
footer{color:var(--muted);font-size:.85rem;margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line)}
pre{margin:0;padding:.8rem 1rem;overflow-x:auto;background:var(--surface);border:1px solid var(--line);
 border-radius:.6rem;font:.9rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
"""

_FIGURES = """
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,9.5rem),1fr));gap:.75rem}
header .figures{margin-top:1.6rem}
.figures div{background:var(--surface);border:1px solid var(--line);border-radius:.6rem;padding:.8rem 1rem;
 display:flex;flex-direction:column}
.figures dt{color:var(--muted);font-size:.88rem;line-height:1.3}
.figures dd{margin:0}
.figures .value{font-size:clamp(1.3rem,1rem + 1.2vw,1.6rem);font-weight:650;
 letter-spacing:-.02em;line-height:1.25;margin-top:.15rem}
.figures .detail{color:var(--muted);font-size:.85rem;line-height:1.35;margin-top:.15rem}
.facts{display:grid;grid-template-columns:fit-content(16rem) minmax(0,1fr);background:var(--surface);
 border:1px solid var(--line);border-radius:.6rem;padding:.35rem 1rem}
.facts div{display:grid;grid-template-columns:subgrid;grid-column:1/-1;gap:1.5rem;padding:.4rem 0}
.facts div+div{border-top:1px solid var(--line)}
.facts dt{color:var(--muted)}
.facts dd{margin:0}
@media (max-width:34rem){.facts{grid-template-columns:minmax(0,1fr)}.facts div{gap:0}}
"""

_TABLE = """
.scroll{overflow-x:auto;background:var(--surface);border:1px solid var(--line);border-radius:.6rem;
 -webkit-overflow-scrolling:touch}
.scroll:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.95rem}
caption{text-align:left;font-weight:600;padding:.8rem 1rem .3rem;white-space:nowrap}
th,td{padding:.5rem 1rem;text-align:left;vertical-align:baseline;white-space:nowrap}
thead th{color:var(--muted);font-weight:500;font-size:.86rem;border-bottom:1px solid var(--line)}
tbody th{font-weight:500;position:sticky;left:0;background:var(--surface)}
tbody tr+tr>*{border-top:1px solid var(--line)}
.number{text-align:right}
@media screen and (max-width:34rem){table{font-size:.9rem}th,td{padding:.5rem .7rem}
 caption{padding-left:.7rem;white-space:normal}tbody th{white-space:normal}
 .cards,.cards tbody,.cards tr,.cards th,.cards td{display:block}
 .cards caption{display:block}.cards thead{display:none}
 .cards tbody tr{display:flex;flex-wrap:wrap;gap:.1rem .9rem;padding:.6rem .7rem}
 .cards tbody tr+tr{border-top:1px solid var(--line)}.cards tr+tr>*{border:0!important}
 .cards th{flex:1 0 100%;position:static}.cards th,.cards td{padding:0;text-align:left;white-space:normal}
 .cards td::before{content:attr(data-heading) " ";color:var(--muted);font-size:.86em}}
"""

_CHART = """
.side-by-side{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1.1rem}
.side-by-side>*{margin:0;min-width:0}
figure{margin:0;background:var(--surface);border:1px solid var(--line);border-radius:.6rem;padding:.9rem 1rem 1rem}
figcaption{font-weight:600;margin-bottom:.6rem}
figcaption+.lead{color:var(--muted);font-size:.9rem;margin:-.45rem 0 .7rem}
svg{display:block;width:100%;overflow:visible}
svg text{font-size:14px;fill:var(--ink)}
svg .quiet{fill:var(--muted)}
svg .small{font-size:12.5px}
svg .tiny{font-size:10.5px}
svg .strong{font-weight:650}
svg .track{fill:var(--b1)}
svg .bar{fill:var(--b4)}
svg .bar.main,svg .dot{fill:var(--blue)}
svg .dot{stroke:var(--surface);stroke-width:2}
svg .interval{stroke:var(--blue);stroke-width:2}
svg .rule{stroke:var(--line)}
svg .reference{stroke:var(--orange);stroke-width:1.5;stroke-dasharray:5 4}
.matrix .wide{overflow-x:auto}
.matrix svg{width:auto;min-width:min(100%,38rem);height:auto;margin:0 auto}
.matrix .empty{fill:var(--paper)}
"""

_SCATTER = """
svg .mark{fill:var(--blue);stroke:var(--surface);stroke-width:2}
svg .mark.refused{fill:var(--surface);stroke:var(--muted)}
svg .mark.reference-mark{fill:none;stroke:var(--orange);stroke-width:3}
svg path.mark.reference{fill:var(--orange)}
svg .ring{fill:none;stroke:var(--blue);stroke-width:2}
svg .front{stroke:var(--b3);stroke-width:3;stroke-linecap:round}
svg .whisker{stroke:var(--blue);stroke-width:1.5}
svg .whisker.refused{stroke:var(--muted)}
svg .here{overflow:visible;width:1px;height:1px}
svg .on-phone{display:none}
@media screen and (max-width:40rem){svg .on-phone{display:inline}svg .on-desk{display:none}}
svg .halo{paint-order:stroke;stroke:var(--surface);stroke-width:3px;stroke-linejoin:round}
svg .course{stroke-width:2.5;stroke-linecap:round}
svg .course.first{stroke:var(--blue)}
svg .course.second{stroke:var(--orange)}
svg .course.expected{stroke-dasharray:2 6}
svg .range{stroke-width:1.5}
svg .range.first{stroke:var(--blue)}
svg .range.second{stroke:var(--orange)}
svg .spot.first{fill:var(--blue)}
svg .spot.second{fill:var(--surface);stroke:var(--orange);stroke-width:2}
.key{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.7rem,1fr));gap:.5rem 1rem;
 margin:1rem 0 0;padding:0;list-style:none;font-size:.9rem;line-height:1.3}
.key li{display:grid;grid-template-columns:24px minmax(0,1fr);gap:.5rem;align-items:start}
.key li svg{width:24px;height:24px}
.key .detail{display:block;color:var(--muted)}
.key strong{font-weight:500}
.key .on-front strong{font-weight:650}
"""

_PICTURES = """
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(var(--tile,5.8rem),1fr));gap:.9rem .7rem;
 margin:0;padding:0;list-style:none}
.pictures li{display:flex;flex-direction:column;min-width:0;font-size:.88rem;line-height:1.3}
.pictures .frame{border:2px solid var(--line);border-radius:.45rem;padding:2px;background:var(--paper)}
.pictures img{display:block;width:100%;aspect-ratio:1;object-fit:contain;border-radius:.25rem}
.pictures .pixels{image-rendering:pixelated}
.pictures .is-wrong .frame{border:2px dashed var(--orange)}
.pictures .label{font-weight:600;margin-top:.35rem}
.pictures .verdict{display:inline;width:.8em;height:.8em;margin-right:.35em;vertical-align:-.02em;fill:none;
 stroke:var(--blue);stroke-width:2.6;stroke-linecap:round;stroke-linejoin:round}
.pictures .is-wrong .verdict{stroke:var(--orange)}
.pictures .detail{color:var(--muted)}
.pictures.large{--tile:15rem;grid-template-columns:repeat(auto-fit,minmax(min(var(--tile),100%),1fr))}
.pictures.large img{aspect-ratio:auto;max-height:30rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
"""

_PRINT = """
@media print{html{font-size:12px}body{max-width:none;padding:0}header{padding-top:0}
 figure,table,.figures,.facts,.pictures li{break-inside:avoid}h2{break-after:avoid}
 .scroll{overflow:visible}th,td{padding:.35rem .5rem;white-space:normal}
 *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""


def style_sheet() -> str:
    """Put the whole style sheet together; paper always gets the light colors."""
    return color_themes() + _BASE + _FIGURES + _TABLE + _CHART + _SCATTER + _PICTURES + _shades() + _PRINT


def color_themes() -> str:
    """The colors of both themes as CSS custom properties, for other pages of ours as well."""
    light, dark = LIGHT.variables(), DARK.variables()
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _shades() -> str:
    rules = [
        f".matrix .{hue}{level}{{fill:var(--{hue}{level})}}.matrix .{hue}{level}t{{fill:var(--{hue}{level}t)}}"
        for hue in "bo"
        for level in range(1, LEVELS + 1)
    ]
    return "".join(rules)
