// What CloudFront asks before its cache, and when it answers: which object a request means, and
// whether it may be asked for at all. The rules are those of Presets.Address (address.go),
// ParsePath (prew.go), Place.Preview and Place.Photo (place.go) and Presets.Negotiate
// (variant.go). function.go writes in front of this what differs from place to place, and
// leaves out lines that are comments.
//
// The language is ECMAScript 5.1 and what CloudFront lists beside it (Amazon CloudFront
// Developer Guide, "JavaScript runtime 2.0 features for CloudFront Functions"). A repeated
// group takes memory for each round, and the function has 2 MB: what is as long as a path is
// matched by single characters. A pattern that does not match takes njs, an engine of this kind,
// as long as fifty calls of slice: most is told without one.

function handler(event) {
  var request = event.request, headers = request.headers;
  if (event.context.eventType === 'viewer-response') {
    // The request is the viewer's, or what became of it in asked.
    if (headers['x-prew-negotiated'] || mean(request).negotiated) vary(event.response.headers);
    outline((headers['x-prew-path'] || {value: mean(request).path}).value, event.response.headers);
    return event.response;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'request_refused');
  return asked(request, headers, request.querystring, mean(request));
}

// The request for what a viewer's request means, with nothing of the viewer's that an origin
// must not see. Of what has several values the first one counts, as for a gateway.
function asked(request, headers, query, meant) {
  var kept = {}, cookies = {};
  if (meant.code) return refuse(404, meant.code);
  if (query.again) kept.again = {value: ''};
  delete headers['x-prew-authorization'];
  delete headers['x-prew-negotiated'];
  if (meant.guarded) {
    ['e', 's', 't'].forEach(function (name) {
      if (query[name]) kept[name] = {value: query[name].value};
    });
    if (request.cookies[cookie]) cookies[cookie] = {value: request.cookies[cookie].value};
    if (headers.authorization) headers['x-prew-authorization'] = {value: headers.authorization.value};
    cf.selectRequestOriginById('function');
  }
  delete headers.authorization;
  request.querystring = kept;
  request.cookies = cookies;
  request.uri = meant.uri;
  headers['x-prew-path'] = {value: meant.path};
  if (meant.negotiated) headers['x-prew-negotiated'] = {value: '1'};
  return request;
}

// Caches behind CloudFront have to know that Accept has decided.
function vary(headers) {
  var others = headers.vary ? whole(headers.vary) : '';
  if (!/(^|,)[ \t]*accept[ \t]*(,|$)/i.test(others)) headers.vary = {value: others ? others + ', Accept' : 'Accept'};
}

// What a page needs to keep the place of a preview (outline.go). The function says it in these
// headers, S3 in metadata, which whoever may write to the bucket has made.
function outline(path, headers) {
  if (!path || path.slice(0, 6) !== '/prew/') return;
  var side = /^[1-9]\d{0,5}$/, crop = /^(0|[1-9]\d{0,5}),(0|[1-9]\d{0,5}),[1-9]\d{0,5},[1-9]\d{0,5}$/;
  [['width', side], ['height', side], ['colour', /^#[0-9a-f]{6}$/], ['crop', crop]].forEach(function (field) {
    var name = field[0], said = headers['x-amz-meta-prew-' + name];
    delete headers['x-amz-meta-prew-' + name];
    if (said && field[1].test(said.value)) headers['x-prew-' + name] = {value: said.value};
  });
}

function refuse(status, code) {
  var headers = {'cache-control': {value: 'no-store'}, 'x-prew-error': {value: code}};
  if (status === 405) headers.allow = {value: 'GET, HEAD'};
  return {statusCode: status, headers: headers};
}

// All of a header that may have come several times.
function whole(header) {
  return header.multiValue ? header.multiValue.map(function (one) { return one.value; }).join(',') : header.value;
}

// What a request means: the path that it is asked for by, the object's name in S3 as a path,
// whether only some may see it and whether Accept decides it, or else the code of a refusal.
function mean(request) {
  var path = address(request), refused = {code: 'path_refused'}, name = '', isPhoto, key, size, preset, of, chosen;
  try {
    if (path.indexOf('#') < 0 && path.toLowerCase().indexOf('%2f') < 0) name = decodeURIComponent(path);
  } catch (e) {}
  isPhoto = name.slice(0, 7) === '/photo/';
  key = name.slice(isPhoto ? 7 : 6);
  if (!isPhoto && name.slice(0, 6) !== '/prew/' || /[\x00-\x1f\x7f\\]|(^|\/)\.{0,2}(\/|$)/.test(key)) return refused;
  if (isPhoto) {
    if (photoAccess === 'closed' || bytes(key) > photoRoom || begins(key, noPhotos)) return refused;
    key = escaped(key);
    return {path: '/photo/' + key, uri: photos + key, guarded: photoAccess !== 'open'};
  }
  if (key.indexOf('/') < 0) return refused;
  size = bytes(key);
  preset = key.slice(0, key.indexOf('/'));
  key = key.slice(preset.length + 1);
  of = presetOf(preset);
  if (size > previewRoom || !of.named && (bytes(key) > photoRoom || begins(key, noKeys))) return refused;
  if (!of.known) return {code: 'preset_unknown'};
  chosen = of.formats && size <= previewRoom - longestFormat;
  if (chosen) preset += accepted(request.headers.accept, of.formats);
  key = preset + '/' + escaped(key);
  return {path: '/prew/' + key, uri: previews + key, guarded: of.guarded, negotiated: chosen};
}

// How many bytes of UTF-8 a name has: each that is escaped has two characters more.
function bytes(name) {
  name = encodeURIComponent(name);
  return name.length - 2 * (name.split('%').length - 1);
}

function begins(key, reserved) {
  return reserved && key.slice(0, reserved.length) === reserved;
}

// Every byte escaped but a slash and RFC 3986's unreserved characters: S3 reads "+" as a space.
function escaped(name) {
  name = encodeURIComponent(name);
  ['!21', "'27", '(28', ')29', '*2A'].forEach(function (c) {
    name = name.split(c.charAt(0)).join('%' + c.slice(1));
  });
  return name.split('%2F').join('/');
}

// What is said of a preset or a variant, by its name. The formats are those among which it is
// negotiated.
function presetOf(name) {
  var m = /^([\w-]+)(?:@([2-9])x)?(?:\.([a-z]+))?$/.exec(name), i, row;
  for (i = 0; m && i < presets.length; i++) {
    row = presets[i];
    if (row[0].indexOf(' ' + m[1] + ' ') >= 0 && (m[2] || 1) <= row[1] && (!m[3] || row[2].indexOf(' ' + m[3] + ' ') >= 0)) {
      return {known: 1, formats: m[3] ? '' : row[2], guarded: row[3], named: row[4]};
    }
  }
  return {};
}

// The first of some formats that Accept names outright, unless a parameter of it is a weight
// of 0 (RFC 9110, section 12.5.1), as the end of a variant's name.
function accepted(header, formats) {
  var each = /(?:^|,)[ \t]*image\/([a-z]+)[ \t]*(?:$|(?=,)|;(?!(?:[^,]*;)?[ \t]*q[ \t]*=[ \t]*0(?:\.0*)?[ \t]*(?:[;,]|$)))/gi;
  var text = header ? whole(header) : '', named = ' ', m;
  while ((m = each.exec(text))) named += m[1].toLowerCase() + ' ';
  m = formats.split(' ').filter(function (format) { return format && named.indexOf(' ' + format + ' ') >= 0; })[0];
  return m ? '.' + m : '';
}

// The path that is asked for: of an alias that of its preset, with the key as it is spelt.
function address(request) {
  var path = request.uri, i, row, key;
  if ('/prew/photo/health/ready/access/gallery/'.indexOf('/' + path.split('/')[1] + '/') >= 0) return path;
  for (i = 0; i < aliases.length; i += 2) {
    if (path.slice(0, aliases[i].length) !== aliases[i]) continue;
    // Preset, path before the key, number of a text in base64, path behind it, query.
    row = /^([^{}]+)([^{]*)\{(?:(\d+)#)?([^?]*)\??(.*)$/.exec(aliases[i + 1]);
    key = keyOf(path, (aliases[i] + row[2]).split('}'), row[4]);
    if (key && row[5] && !hasAll(request.rawQueryString() || '', row[5])) key = '';
    if (key && row[3]) key = decoded(key, texts[row[3]]);
    if (key) return '/prew/' + row[1] + '/' + key;
  }
  return path;
}

// What is left of a path between literals, with a segment that does not count after each of
// before but the last.
function keyOf(path, before, after) {
  var segments = '', i, end, key;
  for (i = 0; i < before.length; i++) {
    if (i) {
      end = path.indexOf('/');
      if (end < 1) return;
      segments += '/' + path.slice(0, end);
      path = path.slice(end);
    }
    if (path.slice(0, before[i].length) !== before[i]) return;
    path = path.slice(before[i].length);
  }
  end = path.length - after.length;
  if (end < 1 || path.slice(end) !== after) return;
  key = path.slice(0, end);
  if ((segments + key).indexOf('#') >= 0 || key.indexOf('%') >= 0 && /%(?![\da-f]{2})/i.test(key)) return;
  if (segments && /\/(\.|%2e){1,2}(\/|$)|[\\\x00-\x1f\x7f]|%(?![\da-f]{2})|%([01]|2f|5c|7f)/i.test(segments)) return;
  return key;
}

// Whether each of some parameters is the first of its name in a query.
function hasAll(query, parameters) {
  return parameters.split('&').every(function (parameter) {
    return parameter === query.split('&').filter(function (other) {
      return other.split('=')[0] === parameter.split('=')[0];
    })[0];
  });
}

// The key, escaped, in base64 or base64url. Slashes are first taken for separators, then for
// digits. A text has what stands before and behind the key, in hexadecimal digits.
function decoded(raw, text) {
  var digits = [raw.replace(/\//g, ''), raw], i, m, hex, key;
  for (i = 0; i < 2; i++) {
    m = digits[i].split('-').join('+').split('_').join('/');
    if (m.indexOf('%') >= 0) m = m.replace(/%2b/gi, '+').replace(/%2f/gi, '/').replace(/%3d/gi, '=');
    m = /^([A-Za-z\d+\/]*)=*$/.exec(m);
    hex = m && m[1].length % 4 !== 1 ? Buffer.from(m[1], 'base64').toString('hex') : '';
    key = hex.slice(text[0].length, hex.length - text[1].length);
    if (key && text[0] + key + text[1] === hex) return key.replace(/../g, '%$&').replace(/%2f/g, '/');
  }
}
