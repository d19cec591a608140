// Where librefruntime is.

'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** The file that REFRUNTIME_LIBRARY names, else the one in this package, else the checkout's, else the system's. */
function findLibrary() {
    const name = 'librefruntime.so.1';
    const places = [path.join(__dirname, '../native', name), path.join(__dirname, '../../../dist/lib', name)];
    return process.env.REFRUNTIME_LIBRARY || places.find((place) => fs.existsSync(place)) || name;
}

module.exports = { findLibrary };
