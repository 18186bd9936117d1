"""Where pages come from: pictures, documents of many pages, folders, archives and standard input."""
