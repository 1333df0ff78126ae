'use strict';
// The page reads well without this. With it, times go on, monitors can be searched, and what happens is
// shown as it happens.
(() => {
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // The same words as the server's short_duration().
  const duration = (seconds) => {
    const s = Math.max(0, Math.floor(seconds));
    const minutes = Math.floor(s / 60);
    const hours = Math.floor(s / 3600);
    if (s < 60) return `${s} s`;
    if (minutes < 60) return `${minutes} min`;
    if (hours < 24) return hours < 6 && minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
    return hours < 168 && hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${Math.floor(hours / 24)} d`;
  };
  const tick = () => {
    for (const time of all('time:not(.at)')) {
      time.textContent = `${duration((Date.now() - Date.parse(time.dateTime)) / 1000)} ago`;
      if (!time.title) time.title = new Date(time.dateTime).toLocaleString();
    }
  };

  const filter = () => {
    const search = find('#search');
    if (!search) return;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const problems = find('#problems').checked;
    let shown = 0;
    for (const group of all('.group')) {
      const name = find('h2', group).textContent;
      let some = false;
      for (const row of all('.m', group)) {
        const text = `${name} ${row.dataset.n}`.toLowerCase();
        const fits = words.every((word) => text.includes(word)) &&
          !(problems && (row.classList.contains('up') || row.classList.contains('unknown')));
        row.hidden = !fits;
        some = some || fits;
        shown += fits;
      }
      group.hidden = !some;
      if (some && (words.length || problems)) group.open = true;
    }
    find('#found').textContent = words.length || problems ? `${shown} shown` : '';
  };

  const tools = () => {
    const box = find('#tools');
    if (box) {
      box.hidden = false;
      find('#search').addEventListener('input', filter);
      find('#problems').addEventListener('change', filter);
    }
    const actions = find('#actions');
    if (actions) {
      actions.hidden = false;
      find('#token').value = sessionStorage.getItem('token') || '';
      find('#by').value = sessionStorage.getItem('by') || '';
      const run = find('#test');
      if (run) run.addEventListener('click', test); // a heartbeat has none
      document.addEventListener('click', (event) => {
        const button = event.target.closest('[data-verb]');
        if (button) lay(button.dataset.verb);
      });
    }
    unfold();
  };
  // The buttons come anew with each renewal, hidden for those without a script.
  const unfold = () => { const verbs = find('#verbs'); if (verbs) verbs.hidden = false; };

  const post = (verb, body) => fetch(`/api/v1/monitors/${encodeURIComponent(find('#actions').dataset.n)}/${verb}`,
    {method: 'POST', headers: {Authorization: `Bearer ${find('#token').value}`}, credentials: 'omit', body});

  // Pause, silence, acknowledge, or the end of it.
  const lay = async (verb) => {
    const said = find('#tested');
    const body = {by: find('#by').value};
    if (['pause', 'silence'].includes(verb)) body.for = find('#for').value;
    if (['pause', 'silence', 'acknowledge'].includes(verb)) body.note = find('#note').value;
    try {
      const answer = await post(verb, JSON.stringify(body));
      const answered = await answer.json();
      if (answer.ok) {
        sessionStorage.setItem('token', find('#token').value);
        sessionStorage.setItem('by', find('#by').value);
        find('#note').value = '';
      }
      said.textContent = answer.ok ? 'Done.' : answered.detail || answered.title;
      if (answer.ok) await renew();
    } catch (error) {
      said.textContent = 'The server does not answer.';
    }
  };

  const test = async () => {
    const button = find('#test');
    const said = find('#tested');
    const token = find('#token').value;
    button.disabled = true;
    said.textContent = 'Running …';
    try {
      const answer = await post('test');
      const body = await answer.json();
      if (answer.ok) sessionStorage.setItem('token', token);
      said.textContent = answer.ok
        ? (body.verdict ? `${body.verdict}${body.outcome ? `: ${body.outcome}` : ''} (${Math.round(body.took * 1000)} ms)` : 'Still running.')
        : body.detail || body.title;
      if (answer.ok) await renew();
    } catch (error) {
      said.textContent = 'The server does not answer.';
    }
    find('#test').disabled = false;
  };

  // Fetches this page anew and takes over what it says, without what the reader has typed or unfolded.
  let renewing = false;
  let again = false;
  const renew = async () => {
    if (renewing) { again = true; return; }
    renewing = true;
    try {
      const answer = await fetch(location.href.split('#')[0], {credentials: 'same-origin'});
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const open = new Map(all('.group').map((group) => [find('h2', group).textContent, group.open]));
        const kept = new Map(['#tools', '#actions'].map((id) => [id, find(id)]));
        const focus = document.activeElement && document.activeElement.id;
        const main = find('#main', fresh);
        for (const [id, box] of kept) {
          const place = find(id, main);
          if (box && place) place.replaceWith(box);
        }
        for (const group of all('.group', main)) {
          const name = find('h2', group).textContent;
          if (open.has(name) && open.get(name)) group.open = true;
        }
        find('#main').replaceChildren(...main.childNodes);
        document.title = fresh.title;
        unfold();
        const focused = focus && document.getElementById(focus);
        if (focused) focused.focus();
        filter();
        tick();
      }
    } catch (error) { /* the stream says that the server is gone */ }
    renewing = false;
    if (again) { again = false; setTimeout(renew, 1000); }
  };

  const took = (seconds) => seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
  const listen = () => {
    if (!document.body.hasAttribute('data-live') || !window.EventSource) return;
    const live = find('#live');
    const stream = new EventSource('/events');
    let lost = false;
    stream.onopen = () => { live.textContent = 'live'; if (lost) renew(); lost = false; };
    stream.onerror = () => { live.textContent = 'not connected'; lost = true; };
    stream.addEventListener('change', renew);
    stream.addEventListener('checks', (event) => {
      const rows = new Map(all('.m').map((row) => [row.dataset.n, row]));
      for (const check of JSON.parse(event.data)) {
        const row = rows.get(check.name);
        if (!row) continue;
        const times = all('.facts > span', row);
        for (const span of times) {
          const checked = span.textContent.startsWith('checked');
          const fine = span.textContent.startsWith('last ok') && check.ok;
          if (!checked && !fine) continue;
          const time = document.createElement('time');
          time.dateTime = check.at;
          span.replaceChildren(checked ? 'checked ' : 'last ok ', time);
        }
        const place = find('.took', row);
        if (place) place.textContent = took(check.took);
      }
      tick();
    });
  };

  tools();
  tick();
  setInterval(tick, 5000);
  listen();
})();
