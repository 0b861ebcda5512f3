/// How the report looks, and the few lines that count what failed to load.
package enum ReportStyle {
  /// The style sheet: light and dark, from a phone's width up, and on paper.
  package static let css: HTML = """
    :root { --page: #fff; --ink: #1b2026; --muted: #58636f; --rule: #d8dde3; --card: #f5f7f9;
      --blue: #0a66ad; --orange: #b75300; --green: #13803f; --red: #c22d1d; --grey: #78838e; }
    @media (prefers-color-scheme: dark) { :root { --page: #12161b; --ink: #e7eaed; --muted: #a0abb6;
      --rule: #333c46; --card: #1b2128; --blue: #62b4f3; --orange: #f39a55; --green: #45bd75;
      --red: #f27767; --grey: #8d98a3; } }
    @media print { :root { --page: #fff; --ink: #000; --muted: #444; --rule: #bbb; --card: #fff;
      --blue: #0a66ad; --orange: #b75300; --green: #13803f; --red: #c22d1d; --grey: #666; } }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; print-color-adjust: exact; }
    body { margin: 0; background: var(--page); color: var(--ink);
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
    main { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
    h1 { font-size: 2rem; line-height: 1.15; margin: 0 0 .4rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.35rem; line-height: 1.25; margin: 3rem 0 .5rem; padding-top: 1rem;
      border-top: 1px solid var(--rule); }
    h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
    p { margin: .5rem 0; max-width: 46rem; text-wrap: pretty; }
    ul { margin: .5rem 0; padding-left: 1.2rem; max-width: 46rem; }
    li { margin: .25rem 0; overflow-wrap: anywhere; }
    .lead { font-size: 1.1rem; color: var(--muted); overflow-wrap: anywhere; }
    .small { font-size: .875rem; color: var(--muted); }
    .verdict { border-left: 5px solid var(--grey); background: var(--card); margin: 1.25rem 0;
      padding: .75rem 1rem; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem;
      align-items: center; }
    .verdict .figure { font-size: 2.4rem; font-weight: 700; line-height: 1.1; white-space: nowrap;
      font-variant-numeric: tabular-nums; }
    .verdict .figure small { font-size: 1rem; font-weight: 400; color: var(--muted); }
    .verdict > div { flex: 1 1 22rem; }
    .verdict > .figure { flex: 0 0 auto; }
    .verdict p { margin: .2rem 0; } .verdict .why { margin-top: .75rem; }
    .gained { border-color: var(--blue); } .gained .figure { color: var(--blue); }
    .lost { border-color: var(--orange); } .lost .figure { color: var(--orange); }
    table { border-collapse: collapse; width: 100%; margin: .75rem 0;
      font-variant-numeric: tabular-nums; }
    caption { text-align: left; color: var(--muted); font-size: .875rem; padding-bottom: .35rem; }
    th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--rule); text-align: right;
      vertical-align: middle; }
    thead th { font-size: .8125rem; line-height: 1.25; color: var(--muted); font-weight: 600;
      vertical-align: bottom; }
    tbody th { font-weight: 500; }
    .nowrap { white-space: nowrap; }
    code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
    th:first-child, td.text, th.text { text-align: left; }
    tbody th.text { overflow-wrap: anywhere; min-width: 6.5rem; }
    td { white-space: nowrap; } td.text { white-space: normal; }
    tbody th.nowrap { overflow-wrap: normal; min-width: 0; }
    tr.main th, tr.main td { font-weight: 700; background: var(--card); }
    tr.total th, tr.total td { color: var(--muted); border-bottom: 0; }
    td.track, th.track { width: 48%; padding: 0 1rem; text-align: left; }
    td.track svg { display: block; width: 100%; height: 1.75rem; overflow: visible; }
    th.track { position: relative; }
    th.track .scale { position: relative; display: block; height: 1.2em; }
    th.track .scale span { position: absolute; transform: translateX(-50%); }
    details { margin: .75rem 0; } summary { cursor: pointer; padding: .4rem 0; color: var(--blue); }
    .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr));
      gap: .5rem 1.25rem; margin: .25rem 0 1rem; }
    .charts.one { max-width: 40rem; }
    figure { margin: 0; } figcaption { font-size: .875rem; font-weight: 600; }
    figure svg { display: block; width: 100%; height: auto; }
    svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
      fill: var(--muted); font-variant-numeric: tabular-nums; }
    svg .grid { stroke: var(--rule); stroke-width: 1; fill: none; }
    svg .line { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
    svg .first { stroke: var(--blue); } svg .second { stroke: var(--orange); }
    svg .second.line { stroke-dasharray: 5 3; }
    svg .mark { fill: var(--page); stroke-width: 1.5; }
    svg .gain { stroke: var(--blue); stroke-width: 3; }
    svg .loss { stroke: var(--orange); stroke-width: 3; stroke-dasharray: 4 3; }
    svg .before { fill: var(--page); stroke: var(--ink); stroke-width: 1.75; }
    svg .after { fill: var(--blue); stroke: var(--page); stroke-width: 1; }
    svg .teacher { fill: var(--grey); stroke: var(--page); stroke-width: 1; }
    svg .bar { fill: var(--blue); } svg .bar.wrong { fill: var(--orange); }
    svg .room { fill: var(--rule); }
    .legend { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; list-style: none; padding: 0;
      margin: .5rem 0; font-size: .875rem; max-width: none; }
    .legend svg { width: 30px; height: 14px; vertical-align: -2px; margin-right: .35rem;
      overflow: visible; }
    .legend .frame { display: inline-block; width: 1rem; height: 1rem; vertical-align: -2px;
      margin-right: .35rem; }
    .frame { border: 3px solid var(--grey); border-radius: 3px; }
    .frame.right { border-color: var(--green); } .frame.wrong { border-color: var(--red);
      border-style: dashed; }
    .class { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1.5rem; padding: .75rem 0 .25rem;
      border-bottom: 1px solid var(--rule); break-inside: avoid; }
    .class h3 { margin: 0; } .class h3 .small { display: block; font-weight: 400; }
    .ranks { display: grid; gap: 0 .9rem; margin: 0; padding: 0; list-style: none;
      max-width: none; grid-template-columns: repeat(auto-fill, 6.25rem); }
    .ranks li { margin: 0 0 .6rem; }
    .ranks .frame { width: 100%; aspect-ratio: 1; display: flex;
      align-items: center; justify-content: center; background: var(--card); overflow: hidden; }
    .ranks .frame.none { border: 1px dashed var(--rule); color: var(--muted); font-size: .75rem;
      line-height: 1.25; text-align: center; padding: .25rem; overflow-wrap: anywhere; }
    .ranks img { width: 100%; height: 100%; object-fit: contain; display: block; }
    .ranks img.tiny { image-rendering: pixelated; }
    .ranks .caption { font-size: .75rem; line-height: 1.3; margin-top: .2rem;
      overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
    .ranks .caption b { font-weight: 600; } .is-right { color: var(--green); }
    .is-wrong { color: var(--red); }
    .warnings { border-left: 5px solid var(--orange); background: var(--card); padding: .4rem 1rem;
      margin: 1.25rem 0; overflow-wrap: anywhere; }
    .warnings p { margin: .3rem 0; }
    .pairs { columns: 2; column-gap: 2.5rem; margin: .5rem 0; }
    .pairs > div { display: flex; gap: 1rem; justify-content: space-between; break-inside: avoid;
      border-bottom: 1px solid var(--rule); padding: .35rem 0; }
    .pairs dt { color: var(--muted); } .pairs dd { margin: 0; text-align: right;
      overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
    .findings td, .findings th { vertical-align: top; } .findings tbody th { font-weight: 400; }
    .findings tr > :first-child { width: 26%; } .findings tr > :last-child { width: 24%; }
    .findings.two tr > :first-child { width: auto; }
    .matrices { display: flex; flex-wrap: wrap; gap: 0 2rem; }
    .matrices > div { overflow-x: auto; break-inside: avoid; }
    .confusion { width: auto; font-size: .8125rem; }
    .confusion th, .confusion td { padding: .2rem .4rem; text-align: center; min-width: 2.4rem; }
    .confusion tbody th.text { text-align: right; white-space: nowrap; }
    .confusion thead span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap;
      font-weight: 500; }
    .confusion td { color: var(--ink); }
    .confusion .hit { background: color-mix(in srgb, var(--blue) var(--share, 0%), transparent); }
    .confusion .miss { background: color-mix(in srgb, var(--orange) var(--share, 0%), transparent); }
    @media (max-width: 40rem) {
      main { padding-top: 1rem; } h1 { font-size: 1.6rem; } .pairs { columns: 1; }
      th, td { padding: .35rem .3rem; font-size: .875rem; }
      thead th { font-size: .75rem; }
      .findings tr { display: block; padding: .3rem 0; border-bottom: 1px solid var(--rule); }
      .findings thead { display: none; }
      .findings th.text, .findings td.text, .findings tr > :last-child, .findings tr > :first-child {
        display: block; width: auto; border: 0; padding: .1rem 0; }
      .tracks thead { display: none; }
      .tracks tr { display: flex; flex-wrap: wrap; border-bottom: 1px solid var(--rule);
        padding: .3rem 0; }
      .tracks th, .tracks td { border: 0; padding: 0 .3rem 0 0; }
      .tracks tbody th { flex: 1 1 100%; }
      .tracks td { flex: 1 1 0; text-align: left; white-space: nowrap; }
      .tracks td.track { flex: 1 1 100%; order: 9; padding: 0 .5rem; }
      .tracks.many td { flex: 1 1 30%; white-space: normal; }
      .tracks td[data-label]::before { content: attr(data-label) " "; color: var(--muted);
        font-size: .75rem; display: block; }
      .class { grid-template-columns: 1fr; } .class h3 { margin-bottom: .4rem; }
      .class h3 .small { display: inline; }
      .ranks { grid-template-columns: repeat(3, 1fr); gap: 0 .5rem; }
    }
    @media print { html { font-size: 11px; } main { padding: 0; }
      svg text { font-size: 14px; } h2 { margin-top: 1.5rem; }
      section, tr, figure, .charts, .class { break-inside: avoid; }
      section.long { break-inside: auto; } h2, h3 { break-after: avoid; } .class h3 { break-after: auto; }
      .charts { grid-template-columns: repeat(3, 1fr); } }
    """

  /// Counts, for whoever checks the page, the pictures, those that did not decode, script errors and
  /// requests that the policy above refused.
  package static let script: HTML = """
    (function () {
      var found = document.documentElement.dataset, errors = 0, requests = 0;
      function tell() { found.errors = errors; found.requests = requests; }
      addEventListener("error", function (event) {
        if (event instanceof ErrorEvent) { errors += 1; tell(); }
      }, true);
      addEventListener("securitypolicyviolation", function () { requests += 1; tell(); });
      addEventListener("load", function () {
        var pictures = Array.from(document.images);
        found.pictures = pictures.length;
        found.broken = pictures.filter(function (picture) {
          return !picture.complete || picture.naturalWidth === 0;
        }).length;
        tell();
      });
    })();
    """
}
