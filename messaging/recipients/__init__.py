"""Who a message goes to: recipient files and numbers."""
