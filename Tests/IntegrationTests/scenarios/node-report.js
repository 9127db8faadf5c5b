// One line of JSON on stdout for each report.
module.exports.report = (kind, fields = {}) => console.log(JSON.stringify({ report: kind, ...fields }));
