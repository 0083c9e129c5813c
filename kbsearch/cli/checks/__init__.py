"""What `kbsearch doctor` looks at, one file per part of an installation; looks only, mends nothing."""
