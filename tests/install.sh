#!/usr/bin/env bash
# install.sh BUILD: install into staged trees and use what is there as a user would: C, C++ and -static programs through
# pkg-config, the version checks, prefix, libdir, includedir and DESTDIR honoured, a file for every header, uninstall leaves
# no file, the source tree and the rest of the disk untouched. Closing line: N passed, N failed.
set -u
build=$1
work=$(realpath "$build")/tests/install
make="${MAKE:-make} --no-print-directory B=$build"
pkg_config=${PKG_CONFIG:-pkg-config}
passed=0 failed=0
rm -rf "$work"
mkdir -p "$work"

count() { # NAME COMMAND...
	local name=$1
	shift
	if output=$("$@" 2>&1); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s: %s\n%s\n' "$name" "$*" "$output"
	fi
}

same() { [ "$1" = "$2" ] || { printf 'found    %s\nexpected %s\n' "$1" "$2"; return 1; }; }

cat >"$work/program.c" <<'END'
#include <openclaw/openclaw.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	struct ocl_bucket bucket;
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(2, 1, OCL_HOUR_NS);

	if (ocl_version() != OCL_VERSION_HEX)
		return 1;
	if (ocl_bucket_init(&bucket, &options) != OCL_OK || ocl_bucket_take(&bucket, 2) != OCL_OK)
		return 2;
	if (ocl_bucket_take(&bucket, 1) != OCL_DENIED || strcmp(ocl_status_name(OCL_DENIED), "OCL_DENIED") != 0)
		return 3;
	puts(ocl_version_string());
	return 0;
}
END
cp "$work/program.c" "$work/program.cc"
version=$(for part in MAJOR MINOR PATCH; do
	sed -n "s/^#define OCL_VERSION_$part \([0-9]*\).*/\1/p" include/openclaw/version.h
done | paste -sd.)
major=${version%%.*}

# try NAME PREFIX LIBDIR INCLUDEDIR: stage an installation and use it. DESTDIR stands for the root of another machine.
try() {
	local name=$1 prefix=$2 libdir=$3 includedir=$4 root=$work/$1
	local place="DESTDIR=$root prefix=$prefix libdir=$libdir includedir=$includedir"
	# shellcheck disable=SC2086
	count "$name: install" $make $place install
	for file in "$root$libdir/libopenclaw.a" "$root$libdir/libopenclaw.so.$version" "$root$libdir/pkgconfig/openclaw.pc"; do
		count "$name: $file" test -s "$file"
	done
	count "$name: soname link" same "$(readlink "$root$libdir/libopenclaw.so.$major")" "libopenclaw.so.$version"
	count "$name: link for the linker" same "$(readlink "$root$libdir/libopenclaw.so")" "libopenclaw.so.$major"
	count "$name: every header" diff -r include/openclaw "$root$includedir/openclaw"
	count "$name: nothing in the wrong place" same \
		"$(find "$root" ! -type d ! -path "$root$libdir/*" ! -path "$root$includedir/*")" ""

	export PKG_CONFIG_LIBDIR=$root$libdir/pkgconfig PKG_CONFIG_PATH='' PKG_CONFIG_SYSROOT_DIR=$root
	export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
	count "$name: pkg-config knows the version" same "$($pkg_config --modversion openclaw)" "$version"
	count "$name: the .pc names the prefix" same "$($pkg_config --variable=prefix openclaw | sed "s|^$root||")" "$prefix"
	count "$name: the .pc names libdir" same "$($pkg_config --variable=libdir openclaw | sed "s|^$root||")" "$libdir"
	count "$name: no user needs libatomic_ops" same "$($pkg_config --libs --cflags openclaw | grep -c atomic)" 0
	cflags=$($pkg_config --cflags openclaw) libs=$($pkg_config --libs openclaw) static=$($pkg_config --static --libs openclaw)
	unset PKG_CONFIG_LIBDIR PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
	unset PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS

	# shellcheck disable=SC2086
	{
		count "$name: C program" "${CC:-cc}" -std=c99 -pedantic -Wall -Wextra -Werror $cflags -o "$work/$name.c.out" \
			"$work/program.c" $libs
		count "$name: C++ program" "${CXX:-c++}" -std=c++11 -pedantic -Wall -Wextra -Werror $cflags -o "$work/$name.cc.out" \
			"$work/program.cc" $libs
		count "$name: static program" "${CC:-cc}" -std=c11 $cflags -static -o "$work/$name.static.out" "$work/program.c" $static
	}
	for kind in c cc static; do
		count "$name: run $kind" same "$(LD_LIBRARY_PATH=$root$libdir "$work/$name.$kind.out" 2>&1)" "$version"
	done
	count "$name: programs record the soname" grep -q "\[libopenclaw.so.$major\]" <(readelf -d "$work/$name.c.out")
	count "$name: -static is static" same "$(readelf -d "$work/$name.static.out" | grep -c NEEDED)" 0

	# shellcheck disable=SC2086
	count "$name: uninstall" $make $place uninstall
	count "$name: uninstall leaves no file" same "$(find "$root" ! -type d)" ""
	count "$name: uninstall leaves no folder of ours" same "$(find "$root" -type d -name openclaw)" ""
}

try plain /usr/local /usr/local/lib /usr/local/include
try multiarch /usr "/usr/lib/$(uname -m)-linux-gnu" /usr/include
try apart /opt/claw /srv/libraries /srv/headers

# Without libdir the prefix rules; without DESTDIR it is the real place. The .pc follows, though nothing was rebuilt.
# shellcheck disable=SC2086
for prefix in "$work/first" "$work/second"; do
	count "prefix alone: install" env -u DESTDIR $make prefix="$prefix" install
	count "prefix alone: the .pc moved along" same \
		"$(PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig $pkg_config --cflags --libs openclaw | sed 's/ *$//')" \
		"-I$prefix/include -L$prefix/lib -lopenclaw"
	count "prefix alone: uninstall" env -u DESTDIR $make prefix="$prefix" uninstall
	count "prefix alone: no file left" same "$(find "$prefix" ! -type d)" ""
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
