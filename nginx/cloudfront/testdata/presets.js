var cf;
// Written by prewnginx cloudfront.
var photoAccess = "open";
var cookie = "prew";
var previews = "/prew/";
var previewRoom = 1019;
var longestFormat = 5;
var photos = "/photo/";
var photoRoom = 1018;
var noPhotos = "";
var noKeys = "";
var presets = [[" thumb card ",2," webp ",0,0],[" hero ",2," avif webp ",0,0],[" avatar preset_name_1 ",1,"",0,0]];
var aliases = [];
var texts = [];
function handler(event) {
var request = event.request, headers = request.headers;
if (event.context.eventType === 'viewer-response') {
if (headers['x-prew-negotiated'] || mean(request).negotiated) vary(event.response.headers);
outline((headers['x-prew-path'] || {value: mean(request).path}).value, event.response.headers);
return event.response;
}
if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'request_refused');
return asked(request, headers, request.querystring, mean(request));
}
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
function vary(headers) {
var others = headers.vary ? whole(headers.vary) : '';
if (!/(^|,)[ \t]*accept[ \t]*(,|$)/i.test(others)) headers.vary = {value: others ? others + ', Accept' : 'Accept'};
}
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
function whole(header) {
return header.multiValue ? header.multiValue.map(function (one) { return one.value; }).join(',') : header.value;
}
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
function bytes(name) {
name = encodeURIComponent(name);
return name.length - 2 * (name.split('%').length - 1);
}
function begins(key, reserved) {
return reserved && key.slice(0, reserved.length) === reserved;
}
function escaped(name) {
name = encodeURIComponent(name);
['!21', "'27", '(28', ')29', '*2A'].forEach(function (c) {
name = name.split(c.charAt(0)).join('%' + c.slice(1));
});
return name.split('%2F').join('/');
}
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
function accepted(header, formats) {
var each = /(?:^|,)[ \t]*image\/([a-z]+)[ \t]*(?:$|(?=,)|;(?!(?:[^,]*;)?[ \t]*q[ \t]*=[ \t]*0(?:\.0*)?[ \t]*(?:[;,]|$)))/gi;
var text = header ? whole(header) : '', named = ' ', m;
while ((m = each.exec(text))) named += m[1].toLowerCase() + ' ';
m = formats.split(' ').filter(function (format) { return format && named.indexOf(' ' + format + ' ') >= 0; })[0];
return m ? '.' + m : '';
}
function address(request) {
var path = request.uri, i, row, key;
if ('/prew/photo/health/ready/access/gallery/'.indexOf('/' + path.split('/')[1] + '/') >= 0) return path;
for (i = 0; i < aliases.length; i += 2) {
if (path.slice(0, aliases[i].length) !== aliases[i]) continue;
row = /^([^{}]+)([^{]*)\{(?:(\d+)#)?([^?]*)\??(.*)$/.exec(aliases[i + 1]);
key = keyOf(path, (aliases[i] + row[2]).split('}'), row[4]);
if (key && row[5] && !hasAll(request.rawQueryString() || '', row[5])) key = '';
if (key && row[3]) key = decoded(key, texts[row[3]]);
if (key) return '/prew/' + row[1] + '/' + key;
}
return path;
}
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
function hasAll(query, parameters) {
return parameters.split('&').every(function (parameter) {
return parameter === query.split('&').filter(function (other) {
return other.split('=')[0] === parameter.split('=')[0];
})[0];
});
}
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
