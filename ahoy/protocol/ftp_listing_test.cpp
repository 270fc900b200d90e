#include <ahoy/error/error.hpp>
#include <ahoy/protocol/ftp_listing.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using ahoy::ftp_entry;
using ahoy::ftp_kind;

TEST(ftp_listing, reads_mlsd) {
  EXPECT_EQ(ahoy::read_mlsd_line("Type=file;Size=12;Modify=20261123091500;Perm=adfrw; a b;c.txt"),
            (ftp_entry{"a b;c.txt", ftp_kind::file, 12, "2026-11-23T09:15:00Z", ""}));
  EXPECT_EQ(ahoy::read_mlsd_line("type=dir;modify=20250101000000.123; .config"),
            (ftp_entry{".config", ftp_kind::folder, {}, "2025-01-01T00:00:00Z", ""}));
  EXPECT_EQ(ahoy::read_mlsd_line("type=OS.unix=slink:/x;size=x; l"),
            (ftp_entry{"l", ftp_kind::link, {}, "", ""}));
  EXPECT_EQ(ahoy::read_mlsd_line(" only a name"), (ftp_entry{"only a name", ftp_kind::other, {}, "", ""}));
  for (const char* line :
       {"type=cdir;modify=20260101000000; /here", "type=pdir; ..", "type=dir; .", "", "type=file;size=1;"})
    EXPECT_EQ(ahoy::read_mlsd_line(line), std::nullopt) << line;
}

TEST(ftp_listing, reads_ls) {
  EXPECT_EQ(ahoy::read_list_line("-rw-r--r--   1 alice    users        1024 Nov 23 09:15 a file"),
            (ftp_entry{"a file", ftp_kind::file, 1024, "Nov 23 09:15", ""}));
  EXPECT_EQ(ahoy::read_list_line("drwxr-xr-x+  2 1000  1000  4096 Jan  1  2025  leading space"),
            (ftp_entry{" leading space", ftp_kind::folder, 4096, "Jan  1  2025", ""}));
  EXPECT_EQ(ahoy::read_list_line("lrwxrwxrwx 1 a b 7 Feb 28 10:00 link -> to -> x"),
            (ftp_entry{"link", ftp_kind::link, 7, "Feb 28 10:00", "to -> x"}));
  EXPECT_EQ(ahoy::read_list_line("-rw-r--r-- 1 owner 5 May 01 2024 nogroup"),
            (ftp_entry{"nogroup", ftp_kind::file, 5, "May 01 2024", ""}));
  EXPECT_EQ(ahoy::read_list_line("crw-rw-rw- 1 root root 1, 3 May 01 2024 null"),
            (ftp_entry{"null", ftp_kind::other, 3, "May 01 2024", ""}));
}

TEST(ftp_listing, reads_dos) {
  EXPECT_EQ(ahoy::read_list_line("11-23-26  09:15PM       <DIR>          Program Files"),
            (ftp_entry{"Program Files", ftp_kind::folder, {}, "2026-11-23T21:15", ""}));
  EXPECT_EQ(ahoy::read_list_line("01-02-2025  12:04AM                 1234 x y"),
            (ftp_entry{"x y", ftp_kind::file, 1234, "2025-01-02T00:04", ""}));
}

TEST(ftp_listing, passes_over_what_is_no_entry) {
  for (const char* line :
       {"", "total 12", "drwxr-xr-x", "-rw-r--r-- 1 a b 5 May 01", "-rw-r--r-- 1 a b 5 May 01 2024",
        "-rw-r--r-- 1 a b 5 May 01 2024 ..", "99-99 x", "11-23-26 09:15PM nosize name", "total\x01"})
    EXPECT_EQ(ahoy::read_list_line(line), std::nullopt) << line;
}

TEST(ftp_listing, reads_lines_however_they_are_cut) {
  const std::string text =
      "total 1\r\n-rw-r--r-- 1 a b 5 May 01 2024 one\r\n-rw-r--r-- 1 a b 6 May 01 2024 two";
  for (std::size_t piece = 1; piece < text.size(); piece += 5) {
    ahoy::ftp_listing_reader reader{false};
    std::vector<std::string> names;
    for (std::size_t at = 0; at < text.size(); at += piece)
      for (const auto& each : reader.take(std::string_view{text}.substr(at, piece)))
        names.push_back(each.name);
    names.push_back(reader.finish()->name);
    EXPECT_EQ(names, (std::vector<std::string>{"one", "two"}));
  }
}

TEST(ftp_listing, a_line_without_end_is_no_listing) {
  ahoy::ftp_listing_reader reader{true};
  EXPECT_THROW(
      {
        for (int times = 0; times < 100; ++times) static_cast<void>(reader.take(std::string(1024, 'x')));
      },
      ahoy::error);
}

}  // namespace
